// What is done to rows, each by itself: steps for every element of a row, steps for a row as a whole, and folds of a row to one
// number, which later steps read. Here the steps are arranged in passes: an element step can run in the same pass over
// the row as what it reads, unless that is a fold, which has to be finished first. Knows nothing of how passes are emitted.

import type { Narrow } from '../core/format.ts';
import type { Present, Slot } from '../core/kernel.ts';
import type { LaneBody } from '../elementwise/fused-loop.ts';
import type { Lane, Load } from '../elementwise/vector-io.ts';
import type { Combine } from '../reduce/reduce.ts';

/** What a step made, by the number that the program gave it. */
export interface RowValue {
  readonly value: number;
  readonly type: Lane;
}

/** What a step makes; with `slot`, it is written there, dense, as well. */
export interface RowResult {
  readonly value: number;
  readonly slot: Slot | undefined;
  /** how its elements lie in the slot, where they are narrow */
  readonly narrow?: Narrow | undefined;
}

export interface RowStep {
  /** what it is evaluated for: each element of a row, or each row once */
  readonly per: 'element' | 'row';
  /** values of earlier steps, and views of [...rows, columns], or of [...rows] where it is evaluated once a row */
  readonly loads: readonly (RowValue | Load)[];
  readonly body: LaneBody;
  /** rough nanoseconds for one evaluation */
  readonly cost: number;
  /** floating-point operations for one evaluation, combining included */
  readonly flops: number;
  /** per element: the body's one result is combined over the row to the step's one result */
  readonly combine: Combine | undefined;
  readonly results: readonly RowResult[];
}

export interface RowFusion {
  readonly name: string;
  /** may be none: then there is one row */
  readonly rows: readonly number[];
  readonly columns: number;
  /** the ops that it computes, first to last */
  readonly ops: readonly string[];
  /** each after those it reads */
  readonly steps: readonly RowStep[];
  readonly present?: Present | undefined;
}

/** Steps that need one walk along a row. */
export interface Pass {
  /** for the row as a whole, before the walk */
  readonly first: readonly RowStep[];
  /** for each element */
  readonly walk: readonly RowStep[];
}

/** Where a value is to be found. */
export interface ValuePlace {
  readonly per: 'element' | 'row';
  /** the first pass that can read it */
  readonly pass: number;
  readonly slot: Slot | undefined;
  readonly narrow: Narrow | undefined;
  /** byte offset in a row's scratch; undefined for elements that are read in their own pass only, or lie in a slot */
  readonly scratch: number | undefined;
}

export interface Passes {
  readonly passes: readonly Pass[];
  readonly places: ReadonlyMap<number, ValuePlace>;
  /** bytes of scratch for a row */
  readonly scratch: number;
}

/** Vectors that are read at the end of a row in scratch run past it by less than this. */
const overread = 32;

export function passesOf({ steps, columns }: RowFusion): Passes {
  const passes: { first: RowStep[]; walk: RowStep[] }[] = [];
  const made = new Map<number, Omit<ValuePlace, 'scratch'>>();
  const kept = new Set<number>();
  for (const step of steps) {
    const read = step.loads.flatMap((load) => ('value' in load ? [load.value] : []));
    const pass = Math.max(0, ...read.map((value) => made.get(value)!.pass));
    for (const value of read) {
      const { per, pass: from, slot } = made.get(value)!;
      if (per === 'row' || (from < pass && slot === undefined)) kept.add(value);
    }
    while (passes.length <= pass) passes.push({ first: [], walk: [] });
    passes[pass]![step.per === 'row' ? 'first' : 'walk'].push(step);
    const per = step.combine ? 'row' : step.per;
    for (const { value, slot, narrow } of step.results) {
      made.set(value, { per, pass: step.combine ? pass + 1 : pass, slot, narrow });
    }
  }
  let scratch = 0;
  const places = new Map<number, ValuePlace>();
  for (const [value, place] of made) {
    places.set(value, { ...place, scratch: kept.has(value) ? scratch : undefined });
    if (kept.has(value)) scratch += place.per === 'row' ? 32 : 32 * Math.ceil((4 * columns + overread) / 32);
  }
  return { passes, places, scratch };
}
