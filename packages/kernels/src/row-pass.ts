// One pass of a row program over one row, or over several side by side: the loop along the row, eight elements a round, in which
// every element step of the pass is evaluated, and the folds, in the order that fold.ts lays down.

import { type Expr, type FunctionBuilder, i32, type Local, v128 } from '@treadle/wasm';
import { mergeLanes, onlyFirst, passThrough } from './accumulators.ts';
import { chunkLength, type Merge, type Word } from './fold-nest.ts';
import {
  constantLane,
  type Lane,
  type Load,
  plus,
  ramp,
  readEight,
  readFour,
  smaller,
  writeEight,
  writeFour,
} from './lane.ts';
import { once } from './once.ts';
import type { Combine } from './reduce.ts';
import { pairOfIndices } from './round.ts';
import type { Pass, Passes, RowProgram, RowStep, RowValue } from './row-program.ts';

/** What the code of a pass is made from. */
export interface RowContext {
  readonly program: RowProgram;
  readonly passes: Passes;
  /** the address of a row of an operand, or of its element, where it has no columns */
  readonly rowOf: (load: Load, row: Expr<'i32'>) => Expr<'i32'>;
  /** the address of the first of `size` elements that belong to a row in a slot where they lie dense */
  readonly denseRowOf: (slot: number, row: Expr<'i32'>, size: number) => Expr<'i32'>;
}

/** A row that is being walked. */
export interface RowPlace {
  readonly row: Expr<'i32'>;
  /** where its values wait */
  readonly scratch: Expr<'i32'>;
  /** where the accumulators of its folds pass through, and behind them the results of chunks */
  readonly spare: Expr<'i32'>;
}

/** Bytes of `spare` that a row needs for so many folds. */
export function spareBytes(folds: number, columns: number): number {
  return folds * foldBytes(columns);
}

function chunksOf(columns: number): number {
  return Math.ceil(columns / chunkLength);
}

function foldBytes(columns: number): number {
  const chunks = chunksOf(columns);
  return 32 + (chunks > 1 ? 32 * Math.ceil((4 * chunks + 32) / 32) : 0);
}

/** What an element step reads along a row: memory or scratch, the same in all columns, or what this pass has just made. */
type Source =
  | { readonly from: 'memory'; readonly type: Lane; readonly row: Expr<'i32'>; readonly stride: number }
  | { readonly from: 'local'; readonly held: Expr<Lane> }
  | { readonly from: 'pass'; readonly value: number };

interface Fold {
  readonly step: RowStep;
  readonly combine: Combine;
  readonly low: Local<Lane>;
  readonly high: Local<Lane>;
  readonly spare: Expr<'i32'>;
}

/** A row with everything that its walk needs. */
interface Walk {
  readonly place: RowPlace;
  readonly steps: readonly {
    readonly step: RowStep;
    readonly sources: readonly number[];
    readonly fold: Fold | undefined;
  }[];
  /** what the steps read, each once */
  readonly sources: readonly Source[];
  /** where results go; what waits in scratch is written, and read back, in whole vectors */
  readonly stores: readonly { readonly value: number; readonly row: Expr<'i32'>; readonly isScratch: boolean }[];
}

export function emitPass(f: FunctionBuilder, context: RowContext, pass: Pass, places: readonly RowPlace[]): void {
  for (const place of places) for (const step of pass.first) emitRowStep(f, context, step, place);
  if (pass.walk.length === 0) return;
  const { columns } = context.program;
  const walks = places.map((place) => walkOf(f, context, pass, place));
  const folds = walks.flatMap(({ steps }) => steps.flatMap(({ fold }) => fold ?? []));
  const x = f.local('i32', 0);
  if (chunksOf(columns) === 1 || folds.length === 0) {
    walkTo(f, context, walks, x, columns);
  } else {
    walkInChunks(f, context, walks, x, folds);
  }
  for (const { place, steps } of walks) {
    for (const { fold } of steps) if (fold) finish(f, context, fold, place);
  }
}

/** A step that is evaluated once for a row, in the first lane. */
function emitRowStep(f: FunctionBuilder, context: RowContext, step: RowStep, { row, scratch }: RowPlace): void {
  const { places } = context.passes;
  const values = step.loads.map((load) => {
    const from = 'value' in load ? plus(scratch, places.get(load.value)!.scratch!) : context.rowOf(load, row);
    return f.let(v128.load32_splat(load.type, from));
  });
  const results = step.body(f, values, () => ramp(row, 0)).map((result) => f.let(result));
  step.results.forEach(({ value }, i) => {
    storeNumber(f, context, value, results[i]!, row, scratch);
  });
}

function storeNumber(
  f: FunctionBuilder,
  { passes, denseRowOf }: RowContext,
  value: number,
  result: Expr<Lane>,
  row: Expr<'i32'>,
  scratch: Expr<'i32'>,
): void {
  const place = passes.places.get(value)!;
  if (place.scratch !== undefined) f.do(v128.store32_lane(0, scratch, result, place.scratch));
  if (place.slot !== undefined) f.do(v128.store32_lane(0, denseRowOf(place.slot, row, 1), result));
}

function walkOf(f: FunctionBuilder, context: RowContext, pass: Pass, place: RowPlace): Walk {
  const { places } = context.passes;
  const { columns } = context.program;
  const inPass = new Set(
    pass.walk.flatMap(({ combine, results }) => (combine ? [] : results.map(({ value }) => value))),
  );
  const sources: Source[] = [];
  const known = new Map<string, number>();
  const sourceFor = (load: RowValue | Load): number => {
    const key =
      'value' in load
        ? `${load.value}`
        : `${load.operand.slot} ${load.operand.view.offset} ${load.operand.view.strides} ${load.type}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    known.set(key, sources.length);
    return sources.push(make(load)) - 1;
  };
  const make = (load: RowValue | Load): Source => {
    const { type } = load;
    if (!('value' in load)) {
      const [row, stride] = [f.let(context.rowOf(load, place.row)), load.operand.view.strides.at(-1)!];
      return stride === 0
        ? { from: 'local', held: f.let(v128.load32_splat(type, row)) }
        : { from: 'memory', type, row, stride };
    }
    if (inPass.has(load.value)) return { from: 'pass', value: load.value };
    const { per, slot, scratch } = places.get(load.value)!;
    if (per === 'row') return { from: 'local', held: f.let(v128.load32_splat(type, place.scratch, scratch!)) };
    const row = slot === undefined ? plus(place.scratch, scratch!) : context.denseRowOf(slot, place.row, columns);
    return { from: 'memory', type, row: f.let(row), stride: 1 };
  };
  let folds = 0;
  const steps = pass.walk.map((step) => {
    const { combine } = step;
    const accumulator = (): Local<Lane> => f.let(constantLane(combine!.type, combine!.identity));
    const spare = (): Expr<'i32'> => f.let(plus(place.spare, folds++ * foldBytes(columns)));
    const fold = combine && { step, combine, low: accumulator(), high: accumulator(), spare: spare() };
    return { step, sources: step.loads.map(sourceFor), fold };
  });
  const stores = pass.walk.flatMap(({ combine, results }) =>
    combine
      ? []
      : results.flatMap(({ value }) => {
          const { slot, scratch } = places.get(value)!;
          const stores = [];
          if (slot !== undefined)
            stores.push({ value, row: f.let(context.denseRowOf(slot, place.row, columns)), isScratch: false });
          if (scratch !== undefined) stores.push({ value, row: f.let(plus(place.scratch, scratch)), isScratch: true });
          return stores;
        }),
  );
  return { place, steps, sources, stores };
}

/** Walks on from x over `left` elements, a known number. */
function walkTo(f: FunctionBuilder, context: RowContext, walks: readonly Walk[], x: Local<'i32'>, left: number): void {
  if (left >= 8) {
    const last = f.let(plus(x, 4 * left - 32));
    f.loop((again) => {
      for (const walk of walks) emitEight(f, context, walk, x);
      f.increment(x, 32);
      f.brIf(again, i32.le_s(x, last));
    });
    if (left >= 64) passFolds(f, walks);
  }
  emitRest(f, context, walks, x, left % 8);
}

/** Each chunk is folded by itself; its result waits in `spare`, where those of a row are folded by the same rule. */
function walkInChunks(
  f: FunctionBuilder,
  context: RowContext,
  walks: readonly Walk[],
  x: Local<'i32'>,
  folds: readonly Fold[],
): void {
  const end = 4 * context.program.columns;
  const chunk = f.local('i32', 0);
  f.loop((again) => {
    for (const { combine, low, high } of folds) {
      for (const local of [low, high]) f.set(local, constantLane(combine.type, combine.identity));
    }
    const stop = f.let(smaller(plus(x, 4 * chunkLength), i32.const(end)));
    f.forSteps(x, stop, 32, () => {
      for (const walk of walks) emitEight(f, context, walk, x);
    });
    passFolds(f, walks);
    const rest = context.program.columns % 8;
    if (rest > 0) f.if(i32.lt_s(x, stop), () => emitRest(f, context, walks, x, rest));
    for (const { combine, low, high, spare } of folds) {
      const [result] = mergeLanes(f, mergeOf(combine), [low], [high]);
      f.do(v128.store32_lane(0, i32.add(spare, chunk), result!, 32));
    }
    f.increment(chunk, 4);
    f.set(x, stop);
    f.brIf(again, i32.lt_s(x, end));
  });
  const count = chunksOf(context.program.columns);
  for (const fold of folds) foldChunks(f, fold, count);
}

/** The results of so many chunks, by the rule for elements. */
function foldChunks(f: FunctionBuilder, { combine, low, high, spare }: Fold, count: number): void {
  for (const local of [low, high]) f.set(local, constantLane(combine.type, combine.identity));
  for (let first = 0; first < count; first += 4) {
    const four = v128.load(combine.type, spare, 32 + 4 * first);
    const element = onlyFirst(wordsOf(combine), [f.let(four)], Math.min(4, count - first));
    const local = first % 8 === 0 ? low : high;
    f.set(local, combine.apply(f, local, element[0]!));
  }
}

function passFolds(f: FunctionBuilder, walks: readonly Walk[]): void {
  for (const { steps } of walks) {
    for (const { fold } of steps) if (fold) passThrough(f, fold.spare, [fold.low], [fold.high]);
  }
}

function finish(f: FunctionBuilder, context: RowContext, { step, combine, low, high }: Fold, place: RowPlace): void {
  const [combined] = mergeLanes(f, mergeOf(combine), [low], [high]);
  const result = combine.leave ? f.let(combine.leave(f, combined!)) : combined!;
  storeNumber(f, context, step.results[0]!.value, result, place.row, place.scratch);
}

/** The row-major position of column x. */
function positionOf({ program }: RowContext, { place }: Walk, x: Expr<'i32'>): Expr<'i32'> {
  return i32.add(i32.mul(place.row, program.columns), i32.shr_u(x, 2));
}

function emitEight(f: FunctionBuilder, context: RowContext, walk: Walk, x: Expr<'i32'>): void {
  const read = once(() => pairOfIndices(f, positionOf(context, walk, x)));
  const made = new Map<number, readonly Expr<Lane>[]>();
  const pairs = walk.sources.map((source): readonly Expr<Lane>[] => {
    if (source.from === 'memory') return readEight(f, source.type, source.row, source.stride, x);
    return source.from === 'local' ? [source.held, source.held] : [];
  });
  for (const { step, sources, fold } of walk.steps) {
    const results = [0, 1].map((half) => {
      const values = sources.map((s) => valueOf(walk.sources[s]!, pairs[s]!, made, half));
      return entered(
        f,
        step,
        step.body(f, values, () => read()[half]!),
      ).map((result) => f.let(result));
    });
    if (fold) {
      join(f, fold, fold.low, results[0]![0]!);
      join(f, fold, fold.high, results[1]![0]!);
    } else {
      step.results.forEach(({ value }, i) => {
        made.set(value, [results[0]![i]!, results[1]![i]!]);
      });
    }
  }
  for (const { value, row } of walk.stores) {
    const [low, high] = made.get(value)!;
    writeEight(f, row, 1, x, [low!, high!]);
  }
}

/** The last elements of a row, fewer than eight. */
function emitRest(f: FunctionBuilder, context: RowContext, walks: readonly Walk[], x: Expr<'i32'>, left: number): void {
  for (const walk of walks) {
    if (left > 0) emitFour(f, context, walk, x, 0, Math.min(4, left));
    if (left > 4) emitFour(f, context, walk, x, 4, left - 4);
  }
}

/** `count` elements from the first-th after x on. */
function emitFour(
  f: FunctionBuilder,
  context: RowContext,
  walk: Walk,
  x: Expr<'i32'>,
  first: 0 | 4,
  count: number,
): void {
  const from = f.let(plus(x, 4 * first));
  const index = once(() => f.let(ramp(positionOf(context, walk, from), 1)));
  const made = new Map<number, readonly Expr<Lane>[]>();
  const fours = walk.sources.map((source): readonly Expr<Lane>[] => {
    if (source.from === 'memory') return [readFour(f, source.type, source.row, source.stride, from, count)];
    return source.from === 'local' ? [source.held] : [];
  });
  for (const { step, sources, fold } of walk.steps) {
    const values = sources.map((s) => valueOf(walk.sources[s]!, fours[s]!, made, 0));
    const results = entered(f, step, step.body(f, values, index)).map((result) => f.let(result));
    if (fold) {
      join(f, fold, first === 0 ? fold.low : fold.high, onlyFirst(wordsOf(fold.combine), results, count)[0]!);
    } else {
      step.results.forEach(({ value }, i) => {
        made.set(value, [results[i]!]);
      });
    }
  }
  for (const { value, row, isScratch } of walk.stores) {
    writeFour(f, row, 1, from, made.get(value)![0]!, isScratch ? 4 : count);
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

/** What a fold combines of its elements; of other steps, the elements. */
function entered(f: FunctionBuilder, { combine }: RowStep, elements: readonly Expr<Lane>[]): readonly Expr<Lane>[] {
  return combine?.enter ? elements.map((element) => combine.enter!(f, element)) : elements;
}

function join(f: FunctionBuilder, { combine }: Fold, accumulator: Local<Lane>, element: Expr<Lane>): void {
  f.set(accumulator, f.let(combine.apply(f, accumulator, element)));
}

function wordsOf({ type, identity }: Combine): readonly Word[] {
  return [{ type, identity }];
}

function mergeOf({ apply }: Combine): Merge {
  return (f, a, b) => [apply(f, a[0]!, b[0]!)];
}
