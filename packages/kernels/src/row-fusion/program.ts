// What is done to rows, each by itself: stages for every element of a row, stages for a row as a whole, and reductions of a row to
// one number, which later stages read. Here the stages are arranged in passes over the row: an element stage runs in the same pass
// as the stages that it reads, except that a reduction must be complete first. Knows nothing of how passes are emitted.

import type { Lane, Narrow } from '../core/format.ts';
import type { Present, Slot } from '../core/kernel.ts';
import type { LaneBody, Load } from '../core/lane-expression.ts';
import type { Combine } from '../reduce/reduce.ts';

/** The result of a stage, by the number that the fusion gave it. */
export interface RowValue {
  readonly value: number;
  readonly type: Lane;
}

/** A result of a stage; with `slot`, it is also stored there, dense. */
export interface RowResult {
  readonly value: number;
  readonly slot: Slot | undefined;
  /** how its elements lie in the slot, where they are narrow */
  readonly narrow?: Narrow | undefined;
}

/** One stage: an expression, and where it applies. */
export interface RowStage {
  /** evaluated for each element of a row, or once for each row */
  readonly per: 'element' | 'row';
  /** values of earlier stages, and views of [...rows, columns], or of [...rows] where it is evaluated once for a row */
  readonly loads: readonly (RowValue | Load)[];
  readonly body: LaneBody;
  /** rough nanoseconds for one evaluation */
  readonly cost: number;
  /** floating-point operations for one evaluation, combining included */
  readonly flops: number;
  /** for elements: the one result of the body is reduced over the row to the one result of the stage */
  readonly combine: Combine | undefined;
  readonly results: readonly RowResult[];
}

/** Stages that are fused, for every row. */
export interface RowFusion {
  readonly name: string;
  /** the dimensions of the rows; none: there is one row */
  readonly rows: readonly number[];
  readonly columns: number;
  /** the ops that it computes, first to last */
  readonly ops: readonly string[];
  /** each after the stages that it reads */
  readonly stages: readonly RowStage[];
  readonly present?: Present | undefined;
}

/** Stages that need one loop along a row. */
export interface Pass {
  /** for the row as a whole, before the loop */
  readonly first: readonly RowStage[];
  /** for each element */
  readonly walk: readonly RowStage[];
}

/** Where a value is. */
export interface KeptValue {
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
  readonly values: ReadonlyMap<number, KeptValue>;
  /** bytes of scratch for a row */
  readonly scratch: number;
}

/** Vectors read at the end of a row in scratch run past the end by less than this. */
const overread = 32;

/** The passes of a fusion, and where they keep values. */
export function passesOf({ stages, columns }: RowFusion): Passes {
  const passes: { first: RowStage[]; walk: RowStage[] }[] = [];
  const made = new Map<number, Omit<KeptValue, 'scratch'>>();
  const kept = new Set<number>();
  for (const stage of stages) {
    const read = stage.loads.flatMap((load) => ('value' in load ? [load.value] : []));
    const pass = Math.max(0, ...read.map((value) => made.get(value)!.pass));
    for (const value of read) {
      const { per, pass: from, slot } = made.get(value)!;
      if (per === 'row' || (from < pass && slot === undefined)) kept.add(value);
    }
    while (passes.length <= pass) passes.push({ first: [], walk: [] });
    passes[pass]![stage.per === 'row' ? 'first' : 'walk'].push(stage);
    const per = stage.combine ? 'row' : stage.per;
    for (const { value, slot, narrow } of stage.results) {
      made.set(value, { per, pass: stage.combine ? pass + 1 : pass, slot, narrow });
    }
  }
  let scratch = 0;
  const values = new Map<number, KeptValue>();
  for (const [value, of] of made) {
    values.set(value, { ...of, scratch: kept.has(value) ? scratch : undefined });
    if (kept.has(value)) scratch += of.per === 'row' ? 32 : 32 * Math.ceil((4 * columns + overread) / 32);
  }
  return { passes, values, scratch };
}
