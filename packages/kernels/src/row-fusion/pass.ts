// One pass of a row fusion over one row, or over several rows side by side: the loop along the row, eight elements a round. It
// evaluates every element stage of the pass, and reduces in the order of reduce/order.ts.

import {
  type Address,
  type AddressType,
  address,
  type Distance,
  type Expr,
  type FunctionBuilder,
  i32,
  integer,
  type Local,
  v128,
} from '@treadle/wasm';
import { plus, ramp, smaller } from '../core/arithmetic.ts';
import type { Lane } from '../core/format.ts';
import { memoize } from '../core/memoize.ts';
import { pairOfIndices } from '../elementwise/index-block.ts';
import {
  constantLane,
  formatOf,
  readEight,
  readFour,
  readSplat,
  writeEight,
  writeFour,
  writeOne,
} from '../elementwise/vector-io.ts';
import { addToTotals, addTotals, eachEight, mergeLanes, onlyFirst, passThrough } from '../reduce/accumulators.ts';
import { chunkLength, type Merge } from '../reduce/nest.ts';
import type { Combine } from '../reduce/reduce.ts';
import type { Pass, RowStage } from './program.ts';
import {
  chunksOf,
  type FusedRow,
  type RowContext,
  type RowReduction,
  type Source,
  type Walk,
  walkOf,
  wordsOf,
} from './walk.ts';

/** Emits a pass over rows that are walked side by side. */
export function emitPass(f: FunctionBuilder, context: RowContext, pass: Pass, rows: readonly FusedRow[]): void {
  for (const at of rows) for (const stage of pass.first) emitRowStage(f, context, stage, at);
  if (pass.walk.length === 0) return;
  const { columns } = context.program;
  const walks = rows.map((at) => walkOf(f, context, pass, at));
  const reductions = walks.flatMap(({ stages }) => stages.flatMap(({ reduction }) => reduction ?? []));
  const x = f.let(address.const(0));
  if (chunksOf(columns) === 1 || reductions.length === 0) {
    walkTo(f, context, walks, x, columns);
  } else {
    walkInChunks(f, context, walks, x, reductions);
  }
  for (const { at, stages } of walks) {
    for (const { reduction } of stages) if (reduction) finish(f, context, reduction, at);
  }
}

/** A stage that is evaluated once for a row; its result is in the first lane. */
function emitRowStage(f: FunctionBuilder, context: RowContext, stage: RowStage, { row, scratch }: FusedRow): void {
  const { values: kept } = context.passes;
  const values = stage.loads.map((load) => {
    if (!('value' in load)) return readSplat(f, formatOf(load), context.rowOf(load, row));
    return f.let(v128.load32_splat(load.type, scratch, kept.get(load.value)!.scratch!));
  });
  const results = stage.body(f, values, () => ramp(row, 0)).map((result) => f.let(result));
  stage.results.forEach(({ value }, i) => {
    storeNumber(f, context, value, results[i]!, row, scratch);
  });
}

function storeNumber(
  f: FunctionBuilder,
  { passes, denseRowOf }: RowContext,
  value: number,
  result: Expr<Lane>,
  row: Expr<'i32'>,
  scratch: Address,
): void {
  const kept = passes.values.get(value)!;
  if (kept.scratch !== undefined) f.do(v128.store32_lane(0, scratch, result, kept.scratch));
  const { slot, narrow } = kept;
  if (slot !== undefined) writeOne(f, denseRowOf({ slot, narrow }, row, 1), result, narrow);
}

/** The next `left` elements from x on, a known number. */
function walkTo(
  f: FunctionBuilder,
  context: RowContext,
  walks: readonly Walk[],
  x: Local<AddressType>,
  left: number,
): void {
  if (left >= 8) {
    const last = f.let(plus(x, 4 * left - 32));
    emitEights(f, context, walks, x, plus(last, 32));
    if (left >= 64) passReductions(f, walks);
  }
  emitRest(f, context, walks, x, left % 8);
}

/** Eight elements at a time from x on, at least once; `end`: the end of the chunk. */
function emitEights(
  f: FunctionBuilder,
  context: RowContext,
  walks: readonly Walk[],
  x: Local<AddressType>,
  end: Distance,
): void {
  const reductions = walks.flatMap(({ stages }) =>
    stages.flatMap(({ reduction }) => (reduction?.past.length ? reduction : [])),
  );
  const last = f.let(address.sub(end, 32));
  const eight = (): void => {
    for (const walk of walks) emitEight(f, context, walk, x);
  };
  const next = (): void => {
    for (const reduction of reductions)
      addToTotals(f, wordsOf(reduction.combine), mergeOf(reduction.combine), reduction);
  };
  eachEight(f, x, { to: end, last }, eight, reductions.length > 0 ? next : undefined);
}

/** Each chunk is reduced by itself; its results are kept in `spare`, and those of a row are reduced by the same rule. */
function walkInChunks(
  f: FunctionBuilder,
  context: RowContext,
  walks: readonly Walk[],
  x: Local<AddressType>,
  reductions: readonly RowReduction[],
): void {
  const end = 4 * context.program.columns;
  const chunk = f.let(address.const(0));
  f.loop((again) => {
    for (const reduction of reductions) clear(f, reduction);
    const stop = f.let(smaller(plus(x, 4 * chunkLength), address.const(end)));
    f.if(integer.le_s(x, address.sub(stop, 32)), () => emitEights(f, context, walks, x, stop));
    passReductions(f, walks);
    const rest = context.program.columns % 8;
    if (rest > 0) f.if(integer.lt_s(x, stop), () => emitRest(f, context, walks, x, rest));
    for (const reduction of reductions) {
      const { combine, low, high, spare } = reduction;
      addTotals(f, mergeOf(combine), reduction);
      const [result] = mergeLanes(f, mergeOf(combine), low, high);
      f.do(v128.store32_lane(0, address.add(spare, chunk), result!, 32));
    }
    f.increment(chunk, 4);
    f.set(x, stop);
    f.brIf(again, integer.lt_s(x, end));
  });
  const count = chunksOf(context.program.columns);
  for (const reduction of reductions) reduceChunks(f, reduction, count);
}

function clear(f: FunctionBuilder, { combine, low, high, past }: RowReduction): void {
  for (const local of [low, high, ...past.map(({ total }) => total)].flat()) {
    f.set(local, constantLane(combine.type, combine.identity));
  }
}

/** Reduces the results of `count` chunks, fewer than a block, by the rule for elements. */
function reduceChunks(f: FunctionBuilder, reduction: RowReduction, count: number): void {
  const { combine, low, high, spare } = reduction;
  clear(f, reduction);
  for (let first = 0; first < count; first += 4) {
    const four = v128.load(combine.type, spare, 32 + 4 * first);
    const element = onlyFirst(wordsOf(combine), [f.let(four)], Math.min(4, count - first));
    const [local] = first % 8 === 0 ? low : high;
    f.set(local!, combine.apply(f, local!, element[0]!));
  }
}

function passReductions(f: FunctionBuilder, walks: readonly Walk[]): void {
  for (const { stages } of walks) {
    for (const { reduction } of stages) if (reduction) passThrough(f, reduction.spare, reduction.low, reduction.high);
  }
}

function finish(f: FunctionBuilder, context: RowContext, reduction: RowReduction, at: FusedRow): void {
  const { stage, combine, low, high } = reduction;
  addTotals(f, mergeOf(combine), reduction);
  const [combined] = mergeLanes(f, mergeOf(combine), low, high);
  const result = combine.leave ? f.let(combine.leave(f, combined!)) : combined!;
  storeNumber(f, context, stage.results[0]!.value, result, at.row, at.scratch);
}

/** The row-major position of the column at x. */
function positionOf({ program }: RowContext, { at }: Walk, x: Distance): Expr<'i32'> {
  return i32.add(i32.mul(at.row, program.columns), address.index(x, 2));
}

function emitEight(f: FunctionBuilder, context: RowContext, walk: Walk, x: Distance): void {
  const read = memoize(() => pairOfIndices(f, positionOf(context, walk, x)));
  const made = new Map<number, readonly Expr<Lane>[]>();
  const pairs = walk.sources.map((source): readonly Expr<Lane>[] => {
    if (source.from === 'memory') return readEight(f, source.format, source.row, source.stride, x);
    return source.from === 'local' ? [source.held, source.held] : [];
  });
  for (const { stage, sources, reduction } of walk.stages) {
    const results = [0, 1].map((half) => {
      const values = sources.map((s) => valueOf(walk.sources[s]!, pairs[s]!, made, half));
      return entered(
        f,
        stage,
        stage.body(f, values, () => read()[half]!),
      ).map((result) => f.let(result));
    });
    if (reduction) {
      join(f, reduction, reduction.low[0]!, results[0]![0]!);
      join(f, reduction, reduction.high[0]!, results[1]![0]!);
    } else {
      stage.results.forEach(({ value }, i) => {
        made.set(value, [results[0]![i]!, results[1]![i]!]);
      });
    }
  }
  for (const { value, row, narrow } of walk.stores) {
    const [low, high] = made.get(value)!;
    writeEight(f, row, 1, x, [low!, high!], narrow);
  }
}

/** The last elements of a row, fewer than eight. */
function emitRest(f: FunctionBuilder, context: RowContext, walks: readonly Walk[], x: Distance, left: number): void {
  for (const walk of walks) {
    if (left > 0) emitFour(f, context, walk, x, 0, Math.min(4, left));
    if (left > 4) emitFour(f, context, walk, x, 4, left - 4);
  }
}

/** `count` elements from the `first`-th (0 or 4) after x on. */
function emitFour(f: FunctionBuilder, context: RowContext, walk: Walk, x: Distance, first: 0 | 4, count: number): void {
  const from = f.let(plus(x, 4 * first));
  const index = memoize(() => f.let(ramp(positionOf(context, walk, from), 1)));
  const made = new Map<number, readonly Expr<Lane>[]>();
  const fours = walk.sources.map((source): readonly Expr<Lane>[] => {
    if (source.from === 'memory') return [readFour(f, source.format, source.row, source.stride, from, count)];
    return source.from === 'local' ? [source.held] : [];
  });
  for (const { stage, sources, reduction } of walk.stages) {
    const values = sources.map((s) => valueOf(walk.sources[s]!, fours[s]!, made, 0));
    const results = entered(f, stage, stage.body(f, values, index)).map((result) => f.let(result));
    if (reduction) {
      join(
        f,
        reduction,
        (first === 0 ? reduction.low : reduction.high)[0]!,
        onlyFirst(wordsOf(reduction.combine), results, count)[0]!,
      );
    } else {
      stage.results.forEach(({ value }, i) => {
        made.set(value, [results[i]!]);
      });
    }
  }
  for (const { value, row, isScratch, narrow } of walk.stores) {
    writeFour(f, row, 1, from, made.get(value)![0]!, isScratch ? 4 : count, narrow);
  }
}

function valueOf(
  source: Source,
  read: readonly Expr<Lane>[],
  made: ReadonlyMap<number, readonly Expr<Lane>[]>,
  part: number,
): Expr<Lane> {
  return (source.from === 'pass' ? made.get(source.value)! : read)[part]!;
}

/** What a reduction combines for its elements; for other stages, the elements themselves. */
function entered(f: FunctionBuilder, { combine }: RowStage, elements: readonly Expr<Lane>[]): readonly Expr<Lane>[] {
  return combine?.enter ? elements.map((element) => combine.enter!(f, element)) : elements;
}

function join(f: FunctionBuilder, { combine }: RowReduction, accumulator: Local<Lane>, element: Expr<Lane>): void {
  f.set(accumulator, f.let(combine.apply(f, accumulator, element)));
}

function mergeOf({ apply }: Combine): Merge {
  return (f, a, b) => [apply(f, a[0]!, b[0]!)];
}
