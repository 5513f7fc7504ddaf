// What the two ways to reduce (along.ts, across.ts) share: what is reduced, the dimensions of the outputs, and the strides of
// everything over them.

import { type Address, type Distance, type Expr, type FunctionBuilder, i32 } from '@treadle/wasm';
import { smaller } from '../core/arithmetic.ts';
import { collapseDims, denseStrides, sizeOf } from '../core/collapse-dims.ts';
import type { Lane } from '../core/format.ts';
import { bytesOf } from '../core/format.ts';
import type { Operand, Present, Slot, Work } from '../core/kernel.ts';
import type { Load } from '../core/lane-expression.ts';
import type { Cursor } from '../core/loops/rows.ts';
import { baseAddress, operandAddress } from '../core/operand.ts';

/** Elements of a chunk. Part of the order, so it must never depend on anything else. */
export const chunkLength = 4096;

/** Elements of a block of a chunk. Part of the order as well. Fewer than 8 elements at the end of a chunk are no block. */
export const blockLength = 256;

/** Whether chunks of `length` elements have blocks. Integers have none: nothing rounds, so the order does not show. */
export function hasBlocks(words: readonly Word[], length: number): boolean {
  return length >= blockLength + 8 && words.every(({ type }) => type === 'f32x4');
}

/** One of the values that make up an accumulator; it starts as the identity. */
export interface Word {
  readonly type: Lane;
  readonly identity: number;
}

/** The positions of four elements: row-major in the iteration shape, and along the axis. */
export interface Positions {
  index(): Expr<'i32x4'>;
  k(): Expr<'i32x4'>;
}

/** Combines two accumulators, word by word. */
export type Merge = (f: FunctionBuilder, a: readonly Expr<Lane>[], b: readonly Expr<Lane>[]) => readonly Expr<Lane>[];

/** What is reduced: an elementwise expression whose outputs are the words of the accumulator of one element. */
export interface ReduceProgram {
  readonly name: string;
  /** the shape of the outputs, then K, the length of the axis; nothing in it is 0 */
  readonly shape: readonly number[];
  /** where the axis is several that strides cannot join; then the last strides of the views have no meaning */
  readonly nested?: NestedAxes | undefined;
  readonly loads: readonly Load[];
  readonly body: (f: FunctionBuilder, values: readonly Expr<Lane>[], at: Positions) => readonly Expr<Lane>[];
  readonly words: readonly Word[];
  /** combines an accumulator with the element that comes next; the identity must leave the accumulator as it is */
  readonly accumulate: Merge;
  /** combines two accumulators */
  readonly merge: Merge;
  /** maps the words of the last accumulator to what is stored; by default they are stored themselves */
  readonly finish?: ((f: FunctionBuilder, words: readonly Expr<Lane>[]) => readonly Expr<Lane>[]) | undefined;
  readonly cost: number;
  /** the ops of the expression, done to an element before it is combined */
  readonly ops?: readonly string[];
  /** their floating-point operations for one element */
  readonly flops?: number;
  readonly present?: Present | undefined;
  /** whether the elements are the results of chunks */
  readonly isOfChunks?: boolean;
  /** an int32: the number of valid elements of the axis, read at run time; the others are identities. Without it, all are valid */
  readonly count?: Slot | undefined;
}

/** Axes, in row-major order, that are reduced together. */
export interface NestedAxes {
  readonly sizes: readonly number[];
  /** of each load, in elements */
  readonly strides: readonly (readonly number[])[];
}

/** Where a word of the result goes: a view of the shape of the outputs, and the stride from chunk to chunk in elements. */
export interface ReduceStore {
  readonly word: number;
  readonly operand: Operand;
  readonly chunkStride: number;
}

/** One kernel of a reduction as loops. All strides are in elements. */
export interface ReduceNest {
  readonly program: ReduceProgram;
  readonly stores: readonly ReduceStore[];
  readonly length: number;
  readonly chunks: number;
  /** the dimensions of the outputs; the first is that of the chunks, if there are several chunks */
  readonly outputs: readonly number[];
  /** of each load: the stride along the axis, or along the last of several axes */
  readonly axis: readonly number[];
  /** of each load, then each store, then the row-major position, then the first k of the chunk: strides along `outputs` */
  readonly strides: readonly (readonly number[])[];
  /** where the number of valid elements is read at run time: whether they are several chunks */
  readonly isLong?: Expr<'i32'> | undefined;
}

/** The nest with what is read at run time. */
export function inRun(f: FunctionBuilder, nest: ReduceNest, table: Address): ReduceNest {
  const { count } = nest.program;
  if (count === undefined || !isInBlocks(nest)) return nest;
  return { ...nest, isLong: f.let(i32.gt_s(i32.load(baseAddress(table, count)), chunkLength)) };
}

/** Emits what runs between blocks, if the valid elements are in blocks. */
export function betweenBlocks(f: FunctionBuilder, { isLong }: ReduceNest, act: () => void): void {
  if (isLong) f.if(isLong, act);
  else act();
}

/** The loops of a reduction. */
export function nestOf(program: ReduceProgram, stores: readonly ReduceStore[]): ReduceNest {
  const { shape, loads, nested } = program;
  const [kept, length] = [shape.slice(0, -1), shape.at(-1) ?? 1];
  const chunks = Math.ceil(length / chunkLength);
  const axis = loads.map(({ operand }, v) => (nested?.strides[v] ?? operand.view.strides).at(-1) ?? 0);
  const views = [...loads, ...stores].map(({ operand }) => operand.view.strides.slice(0, kept.length));
  const outer = collapseDims(kept, [...views, denseStrides(shape).slice(0, kept.length), kept.map(() => 0)]);
  const chunk = [
    ...axis.map((stride) => (nested ? 0 : stride * chunkLength)),
    ...stores.map((s) => s.chunkStride),
    chunkLength,
    chunkLength,
  ];
  const strides = outer.strides.map((along, v) => (chunks > 1 ? [chunk[v] ?? 0, ...along] : along));
  const outputs = chunks > 1 ? [chunks, ...outer.shape] : outer.shape;
  return { program, stores, length, chunks, outputs, axis, strides };
}

/** The work: the expression for each element, and one combining operation for each float. */
export function workOf({ program }: ReduceNest): Pick<Work, 'kind' | 'ops' | 'shape' | 'flops'> {
  const { shape, words, ops = [], flops = 0 } = program;
  const combining = words.filter(({ type }) => type === 'f32x4').length;
  return { kind: 'reduce', ops, shape, flops: sizeOf(shape) * (flops + combining) };
}

/** The most elements along the axis that one output of this kernel reduces. */
export function reducedLength({ length }: ReduceNest): number {
  return Math.min(length, chunkLength);
}

/** Whether this kernel reduces in blocks: only where there are, or were, several chunks. */
export function isInBlocks(nest: ReduceNest): boolean {
  const { words, isOfChunks = false } = nest.program;
  return (nest.chunks > 1 || isOfChunks) && hasBlocks(words, reducedLength(nest));
}

/** The number of elements of the chunk that begins with element `start`. */
export function lengthFrom(f: FunctionBuilder, { length, chunks }: ReduceNest, start: Expr<'i32'>): Expr<'i32'> {
  if (chunks === 1) return i32.const(length);
  return f.let(smaller(i32.sub(length, start), i32.const(chunkLength)));
}

/** Cursors over the first `rank` dimensions of the outputs: addresses of loads and stores; row-major position and first k. */
export function cursorsOf(f: FunctionBuilder, nest: ReduceNest, table: Address, rank: number): NestCursors {
  const operands = [...nest.program.loads, ...nest.stores];
  const strides = nest.strides.map((strides) => strides.slice(0, rank));
  return {
    addresses: operands.map(({ operand }, v) => ({
      base: operandAddress(f, table, operand),
      strides: strides[v]!.map((step) => bytesOf(operand.narrow) * step),
    })),
    positions: strides.slice(operands.length).map((along) => ({ base: i32.const(0), strides: along })),
  };
}

interface NestCursors {
  readonly addresses: readonly Cursor[];
  readonly positions: readonly Cursor<'i32'>[];
}

/** ((a0∘a4)∘(a2∘a6))∘((a1∘a5)∘(a3∘a7)); missing accumulators are identities. */
export function mergeEight(
  f: FunctionBuilder,
  { program }: ReduceNest,
  accumulators: readonly (readonly Expr<Lane>[])[],
): readonly Expr<Lane>[] {
  const pair = (a: readonly Expr<Lane>[] | undefined, b: readonly Expr<Lane>[] | undefined) =>
    a && b ? program.merge(f, a, b).map((value) => f.let(value)) : a;
  const [a0, a1, a2, a3, a4, a5, a6, a7] = accumulators;
  return pair(pair(pair(a0, a4), pair(a2, a6)), pair(pair(a1, a5), pair(a3, a7))) ?? [];
}

/** What is stored of the accumulator of all elements. */
export function finished(
  f: FunctionBuilder,
  { finish }: ReduceProgram,
  words: readonly Expr<Lane>[],
): readonly Expr<Lane>[] {
  return finish ? finish(f, words).map((word) => f.let(word)) : words;
}

/** A strip of columns: positions x0 to `end` of a row (see columns.ts). */
export interface Strip {
  /** the most columns that it has */
  readonly columns: number;
  /** the addresses of loads and stores at column 0 */
  readonly at: readonly Address[];
  /** the row-major position of column 0 */
  readonly flat: Expr<'i32'>;
  /** the first k of the chunk */
  readonly start: Expr<'i32'>;
  readonly x0: Distance;
  readonly end: Distance;
  /** accumulator j of word w of column x lies at home + x + (8·w + j)·pitch */
  readonly home: Address;
  readonly pitch: number;
}

/** The most elements of all loads together that may lie in an L2. Others are best read in the order of memory. */
const near = 2 ** 18;

/** Whether the loads may lie in an L2. */
export function isNear({ program: { shape, loads } }: ReduceNest): boolean {
  return sizeOf(shape) * loads.length <= near;
}
