// A pass along a row before its loop begins: where each step reads, where its results go, and the accumulators of the folds.

import { type Expr, type FunctionBuilder, v128 } from '@treadle/wasm';
import type { Format, Narrow } from '../core/format.ts';
import { formatOf, type Lane, type Load, plus, readSplat } from '../elementwise/vector-io.ts';
import { type Accumulators, newAccumulators } from '../reduce/accumulators.ts';
import { chunkLength, hasBlocks, type Word } from '../reduce/nest.ts';
import type { Combine } from '../reduce/reduce.ts';
import type { Pass, Passes, RowFusion, RowStep, RowValue } from './program.ts';

/** Where a value lies dense, and how. */
export interface SlotPlace {
  readonly slot: number;
  readonly narrow: Narrow | undefined;
}

/** What the code of a pass is made from. */
export interface RowContext {
  readonly program: RowFusion;
  readonly passes: Passes;
  /** the address of a row of an operand, or of its element, where it has no columns */
  readonly rowOf: (load: Load, row: Expr<'i32'>) => Expr<'i32'>;
  /** the address of the first of `size` elements that belong to a row in a slot where they lie dense */
  readonly denseRowOf: (place: SlotPlace, row: Expr<'i32'>, size: number) => Expr<'i32'>;
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

/** How many chunks a row is folded in. */
export function chunksOf(columns: number): number {
  return Math.ceil(columns / chunkLength);
}

function foldBytes(columns: number): number {
  const chunks = chunksOf(columns);
  return 32 + (chunks > 1 ? 32 * Math.ceil((4 * chunks + 32) / 32) : 0);
}

/** What an element step reads along a row: memory or scratch, the same in all columns, or what this pass has just made. */
export type Source =
  | { readonly from: 'memory'; readonly format: Format; readonly row: Expr<'i32'>; readonly stride: number }
  | { readonly from: 'local'; readonly held: Expr<Lane> }
  | { readonly from: 'pass'; readonly value: number };

/** A fold that is under way. */
export interface Fold extends Accumulators {
  readonly step: RowStep;
  readonly combine: Combine;
  readonly spare: Expr<'i32'>;
}

/** Where a result goes. */
export interface RowStore {
  readonly value: number;
  readonly row: Expr<'i32'>;
  readonly isScratch: boolean;
  readonly narrow: Narrow | undefined;
}

/** A row with everything that its walk needs. */
export interface Walk {
  readonly place: RowPlace;
  readonly steps: readonly {
    readonly step: RowStep;
    readonly sources: readonly number[];
    readonly fold: Fold | undefined;
  }[];
  /** what the steps read, each once */
  readonly sources: readonly Source[];
  /** where results go; what waits in scratch is written, and read back, in whole vectors */
  readonly stores: readonly RowStore[];
}

export function wordsOf({ type, identity }: Combine): readonly Word[] {
  return [{ type, identity }];
}

/** Prepares the walk of a pass along a row: what is the same in all columns is read once, here. */
export function walkOf(f: FunctionBuilder, context: RowContext, pass: Pass, place: RowPlace): Walk {
  const { columns } = context.program;
  const elements = pass.walk.flatMap(({ combine, results }) => (combine ? [] : results.map(({ value }) => value)));
  const inPass = new Set(elements);
  const sources: Source[] = [];
  const known = new Map<string, number>();
  const sourceFor = (load: RowValue | Load): number => {
    const key = keyOf(load);
    const at = known.get(key) ?? sources.push(sourceOf(f, context, place, inPass, load)) - 1;
    known.set(key, at);
    return at;
  };
  let folds = 0;
  const steps = pass.walk.map((step) => {
    const { combine } = step;
    const foldOf = (combined: Combine): Fold => {
      const words = wordsOf(combined);
      const accumulators = newAccumulators(f, words, chunksOf(columns) > 1 && hasBlocks(words, chunkLength));
      return {
        step,
        combine: combined,
        ...accumulators,
        spare: f.let(plus(place.spare, folds++ * foldBytes(columns))),
      };
    };
    const fold = combine && foldOf(combine);
    return { step, sources: step.loads.map(sourceFor), fold };
  });
  return { place, steps, sources, stores: elements.flatMap((value) => storesOf(f, context, place, value)) };
}

/** Loads with the same key read the same. */
function keyOf(load: RowValue | Load): string {
  if ('value' in load) return `${load.value}`;
  const { slot, view } = load.operand;
  return `${slot} ${view.offset} ${view.strides} ${load.type}`;
}

function sourceOf(
  f: FunctionBuilder,
  { program, passes, rowOf, denseRowOf }: RowContext,
  place: RowPlace,
  inPass: ReadonlySet<number>,
  load: RowValue | Load,
): Source {
  const { type } = load;
  if (!('value' in load)) {
    const [row, stride] = [f.let(rowOf(load, place.row)), load.operand.view.strides.at(-1)!];
    const format = formatOf(load);
    if (stride === 0) return { from: 'local', held: readSplat(f, format, row) };
    return { from: 'memory', format, row, stride };
  }
  if (inPass.has(load.value)) return { from: 'pass', value: load.value };
  const { per, slot, narrow, scratch } = passes.places.get(load.value)!;
  if (per === 'row') return { from: 'local', held: f.let(v128.load32_splat(type, place.scratch, scratch!)) };
  if (slot === undefined) return { from: 'memory', format: type, row: f.let(plus(place.scratch, scratch!)), stride: 1 };
  const row = f.let(denseRowOf({ slot, narrow }, place.row, program.columns));
  return { from: 'memory', format: narrow ?? type, row, stride: 1 };
}

function storesOf(
  f: FunctionBuilder,
  { program, passes, denseRowOf }: RowContext,
  place: RowPlace,
  value: number,
): Walk['stores'] {
  const { slot, narrow, scratch } = passes.places.get(value)!;
  const stores: RowStore[] = [];
  if (slot !== undefined) {
    const row = f.let(denseRowOf({ slot, narrow }, place.row, program.columns));
    stores.push({ value, row, isScratch: false, narrow });
  }
  if (scratch !== undefined) {
    stores.push({ value, row: f.let(plus(place.scratch, scratch)), isScratch: true, narrow: undefined });
  }
  return stores;
}
