// A pass along a row before its loop begins: where each stage reads, where its results go, and the accumulators of its reductions.

import { type Address, type Expr, type FunctionBuilder, v128 } from '@treadle/wasm';
import { plus } from '../core/arithmetic.ts';
import type { Format, Lane, Narrow } from '../core/format.ts';
import type { Load } from '../core/lane-expression.ts';
import { formatOf, readSplat } from '../elementwise/vector-io.ts';
import { type Accumulators, newAccumulators } from '../reduce/accumulators.ts';
import { chunkLength, hasBlocks, type Word } from '../reduce/nest.ts';
import type { Combine } from '../reduce/reduce.ts';
import type { Pass, Passes, RowFusion, RowStage, RowValue } from './program.ts';

/** A slot where values are dense, and the format of its elements. */
export interface DenseValue {
  readonly slot: number;
  readonly narrow: Narrow | undefined;
}

/** What all passes of a fusion share. */
export interface RowContext {
  readonly program: RowFusion;
  readonly passes: Passes;
  /** the address of a row of an operand, or of its element where it has no columns */
  readonly rowOf: (load: Load, row: Expr<'i32'>) => Address;
  /** the address of a row of `size` elements in a slot where the rows are dense */
  readonly denseRowOf: (dense: DenseValue, row: Expr<'i32'>, size: number) => Address;
}

/** A row, and its scratch. */
export interface FusedRow {
  readonly row: Expr<'i32'>;
  /** where its values are kept */
  readonly scratch: Address;
  /** where the accumulators of its reductions pass through, and behind them the results of chunks */
  readonly spare: Address;
}

/** Bytes of `spare` that a row needs for `reductions` reductions. */
export function spareBytes(reductions: number, columns: number): number {
  return reductions * reductionBytes(columns);
}

/** The number of chunks that a row is reduced in. */
export function chunksOf(columns: number): number {
  return Math.ceil(columns / chunkLength);
}

function reductionBytes(columns: number): number {
  const chunks = chunksOf(columns);
  return 32 + (chunks > 1 ? 32 * Math.ceil((4 * chunks + 32) / 32) : 0);
}

/** What an element stage reads along a row: memory or scratch, a value that is the same in all columns, or a result of this pass. */
export type Source =
  | { readonly from: 'memory'; readonly format: Format; readonly row: Address; readonly stride: number }
  | { readonly from: 'local'; readonly held: Expr<Lane> }
  | { readonly from: 'pass'; readonly value: number };

/** A reduction of a row. */
export interface RowReduction extends Accumulators {
  readonly stage: RowStage;
  readonly combine: Combine;
  readonly spare: Address;
}

/** Where a result goes. */
export interface RowStore {
  readonly value: number;
  readonly row: Address;
  readonly isScratch: boolean;
  readonly narrow: Narrow | undefined;
}

/** A row with everything that the loop along it needs. */
export interface Walk {
  readonly at: FusedRow;
  readonly stages: readonly {
    readonly stage: RowStage;
    readonly sources: readonly number[];
    readonly reduction: RowReduction | undefined;
  }[];
  /** what the stages read, each once */
  readonly sources: readonly Source[];
  /** where results go; scratch is written, and read back, in whole vectors */
  readonly stores: readonly RowStore[];
}

/** The one word of the accumulator of a combining operation. */
export function wordsOf({ type, identity }: Combine): readonly Word[] {
  return [{ type, identity }];
}

/** Prepares the loop of a pass along a row: what is the same in all columns is read once, here. */
export function walkOf(f: FunctionBuilder, context: RowContext, pass: Pass, at: FusedRow): Walk {
  const { columns } = context.program;
  const elements = pass.walk.flatMap(({ combine, results }) => (combine ? [] : results.map(({ value }) => value)));
  const inPass = new Set(elements);
  const sources: Source[] = [];
  const known = new Map<string, number>();
  const sourceFor = (load: RowValue | Load): number => {
    const key = keyOf(load);
    const index = known.get(key) ?? sources.push(sourceOf(f, context, at, inPass, load)) - 1;
    known.set(key, index);
    return index;
  };
  let reductions = 0;
  const stages = pass.walk.map((stage) => {
    const { combine } = stage;
    const reductionOf = (combined: Combine): RowReduction => {
      const words = wordsOf(combined);
      const accumulators = newAccumulators(f, words, chunksOf(columns) > 1 && hasBlocks(words, chunkLength));
      return {
        stage,
        combine: combined,
        ...accumulators,
        spare: f.let(plus(at.spare, reductions++ * reductionBytes(columns))),
      };
    };
    const reduction = combine && reductionOf(combine);
    return { stage, sources: stage.loads.map(sourceFor), reduction };
  });
  return { at, stages, sources, stores: elements.flatMap((value) => storesOf(f, context, at, value)) };
}

/** Equal for loads that read the same. */
function keyOf(load: RowValue | Load): string {
  if ('value' in load) return `${load.value}`;
  const { slot, view } = load.operand;
  return `${slot} ${view.offset} ${view.strides} ${load.type}`;
}

function sourceOf(
  f: FunctionBuilder,
  { program, passes, rowOf, denseRowOf }: RowContext,
  at: FusedRow,
  inPass: ReadonlySet<number>,
  load: RowValue | Load,
): Source {
  const { type } = load;
  if (!('value' in load)) {
    const [row, stride] = [f.let(rowOf(load, at.row)), load.operand.view.strides.at(-1)!];
    const format = formatOf(load);
    if (stride === 0) return { from: 'local', held: readSplat(f, format, row) };
    return { from: 'memory', format, row, stride };
  }
  if (inPass.has(load.value)) return { from: 'pass', value: load.value };
  const { per, slot, narrow, scratch } = passes.values.get(load.value)!;
  if (per === 'row') return { from: 'local', held: f.let(v128.load32_splat(type, at.scratch, scratch!)) };
  if (slot === undefined) return { from: 'memory', format: type, row: f.let(plus(at.scratch, scratch!)), stride: 1 };
  const row = f.let(denseRowOf({ slot, narrow }, at.row, program.columns));
  return { from: 'memory', format: narrow ?? type, row, stride: 1 };
}

function storesOf(
  f: FunctionBuilder,
  { program, passes, denseRowOf }: RowContext,
  at: FusedRow,
  value: number,
): Walk['stores'] {
  const { slot, narrow, scratch } = passes.values.get(value)!;
  const stores: RowStore[] = [];
  if (slot !== undefined) {
    const row = f.let(denseRowOf({ slot, narrow }, at.row, program.columns));
    stores.push({ value, row, isScratch: false, narrow });
  }
  if (scratch !== undefined) {
    stores.push({ value, row: f.let(plus(at.scratch, scratch)), isScratch: true, narrow: undefined });
  }
  return stores;
}
