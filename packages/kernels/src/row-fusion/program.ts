// What is done to rows, each by itself: steps for every element of a row, steps for a row as a whole, and reductions of a row to
// one number, which later steps read. Here the steps are arranged in passes over the row: an element step runs in the same pass
// as the steps that it reads, except that a reduction must be complete first. Knows nothing of how passes are emitted.

import type { Lane, Narrow } from '../core/format.ts';
import type { Present, Slot } from '../core/kernel.ts';
import type { LaneBody, Load } from '../core/lane-expression.ts';
import type { Combine } from '../reduce/reduce.ts';

/** The result of a step, by the number that the fusion gave it. */
export interface RowValue {
  readonly value: number;
  readonly type: Lane;
}

/** A result of a step; with `slot`, it is also stored there, dense. */
export interface RowResult {
  readonly value: number;
  readonly slot: Slot | undefined;
  /** how its elements lie in the slot, where they are narrow */
  readonly narrow?: Narrow | undefined;
}

/** One step: an expression, and where it applies. */
export interface RowStep {
  /** evaluated for each element of a row, or once for each row */
  readonly per: 'element' | 'row';
  /** values of earlier steps, and views of [...rows, columns], or of [...rows] where it is evaluated once for a row */
  readonly loads: readonly (RowValue | Load)[];
  readonly body: LaneBody;
  /** rough nanoseconds for one evaluation */
  readonly cost: number;
  /** floating-point operations for one evaluation, combining included */
  readonly flops: number;
  /** for elements: the one result of the body is reduced over the row to the one result of the step */
  readonly combine: Combine | undefined;
  readonly results: readonly RowResult[];
}

/** Steps that are fused, for every row. */
export interface RowFusion {
  readonly name: string;
  /** the dimensions of the rows; none: there is one row */
  readonly rows: readonly number[];
  readonly columns: number;
  /** the ops that it computes, first to last */
  readonly ops: readonly string[];
  /** each after the steps that it reads */
  readonly steps: readonly RowStep[];
  readonly present?: Present | undefined;
}

/** Steps that need one loop along a row. */
export interface Pass {
  /** for the row as a whole, before the loop */
  readonly first: readonly RowStep[];
  /** for each element */
  readonly walk: readonly RowStep[];
}

/** Where a value is. */
export interface ValuePlace {
  readonly per: 'element' | 'row';
  /** the first pass that can read it */
  readonly pass: number;
  readonly slot: Slot | undefined;
  readonly narrow: Narrow | undefined;
  /** byte offset in the scratch of a row; undefined for elements that only their own pass reads, or that lie in a slot */
  readonly scratch: number | undefined;
}

/** All passes over a row. */
export interface Passes {
  readonly passes: readonly Pass[];
  readonly places: ReadonlyMap<number, ValuePlace>;
  /** bytes of scratch for a row */
  readonly scratch: number;
}

/** Vectors read at the end of a row in scratch run past the end by less than this. */
const overread = 32;

/** The passes of a fusion, and where they keep values. */
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
