// What the two loops of a fold share: the program, the dimensions of its outputs, and how everything strides over them.

import { type Expr, type FunctionBuilder, i32 } from '@treadle/wasm';
import { collapseDims, denseStrides, sizeOf } from '../core/collapse-dims.ts';
import { bytesOf } from '../core/format.ts';
import type { Operand, Present, Slot, Work } from '../core/kernel.ts';
import type { Cursor } from '../core/loops/rows.ts';
import { address, type Lane, type Load, smaller } from '../elementwise/vector-io.ts';

/** Elements of the axis that are folded in one go; part of the order, so never to be chosen by anything else. */
export const chunkLength = 4096;

/** Elements of a chunk after which sums are put aside; part of the order as well. The rest of a chunk, fewer than 8, is no block. */
export const blockLength = 256;

/** Whether chunks of so many elements put sums aside: not where the order does not show, because nothing rounds. */
export function hasBlocks(words: readonly Word[], length: number): boolean {
  return length >= blockLength + 8 && words.every(({ type }) => type === 'f32x4');
}

/** One of the values that an accumulator is made of; accumulators begin with the identity of each. */
export interface Word {
  readonly type: Lane;
  readonly identity: number;
}

/** Where four elements of a fold are: row-major positions in the iteration shape, and positions along the axis. */
export interface Positions {
  index(): Expr<'i32x4'>;
  k(): Expr<'i32x4'>;
}

export type Merge = (f: FunctionBuilder, a: readonly Expr<Lane>[], b: readonly Expr<Lane>[]) => readonly Expr<Lane>[];

/** What is folded: a lane program whose outputs are the words of an accumulator that has seen one element. */
export interface FoldProgram {
  readonly name: string;
  /** the shape of the outputs, then K, the length of the axis; nothing in it is 0 */
  readonly shape: readonly number[];
  /** where the axis is several that do not lie like one; what views say of the last axis then means nothing */
  readonly nested?: NestedAxes | undefined;
  readonly loads: readonly Load[];
  readonly body: (f: FunctionBuilder, values: readonly Expr<Lane>[], at: Positions) => readonly Expr<Lane>[];
  readonly words: readonly Word[];
  /** an accumulator and an element behind all it has seen; the identity must leave the accumulator as it is */
  readonly step: Merge;
  /** two accumulators */
  readonly merge: Merge;
  /** what is stored of the last accumulator, a word for a word; by default itself */
  readonly finish?: ((f: FunctionBuilder, words: readonly Expr<Lane>[]) => readonly Expr<Lane>[]) | undefined;
  readonly cost: number;
  /** as in a lane program: what is done to an element before it is folded */
  readonly ops?: readonly string[];
  readonly flops?: number;
  readonly present?: Present | undefined;
  /** whether elements are the results of chunks */
  readonly isOfChunks?: boolean;
  /** an int32: how many elements there are in a run, where there may be fewer than the axis is long; the others are identities */
  readonly count?: Slot | undefined;
}

/** Axes, in row-major order, that are folded as one. */
export interface NestedAxes {
  readonly sizes: readonly number[];
  /** of each load, in elements */
  readonly strides: readonly (readonly number[])[];
}

/** Where a word of the result goes: a view of the outputs' shape, and the stride from chunk to chunk. */
export interface FoldStore {
  readonly word: number;
  readonly operand: Operand;
  readonly chunkStride: number;
}

/** One step of a fold as loops. All strides are in elements. */
export interface FoldNest {
  readonly program: FoldProgram;
  readonly stores: readonly FoldStore[];
  readonly length: number;
  readonly chunks: number;
  /** the dimensions of the outputs; the first is that of the chunks, if there are several */
  readonly outputs: readonly number[];
  /** of each load along the axis, or the last of several */
  readonly axis: readonly number[];
  /** of each load, then each store, then the flat index, then the chunk's first k: strides along `outputs` */
  readonly strides: readonly (readonly number[])[];
  /** where a run may have fewer elements: whether they are several chunks */
  readonly isLong?: Expr<'i32'> | undefined;
}

/** The nest as a run finds it. */
export function inRun(f: FunctionBuilder, nest: FoldNest, table: Expr<'i32'>): FoldNest {
  const { count } = nest.program;
  if (count === undefined || !isInBlocks(nest)) return nest;
  return { ...nest, isLong: f.let(i32.gt_s(i32.load(i32.load(table, 4 * count)), chunkLength)) };
}

/** Does what comes between blocks, where the elements of the run are in blocks. */
export function betweenBlocks(f: FunctionBuilder, { isLong }: FoldNest, act: () => void): void {
  if (isLong) f.if(isLong, act);
  else act();
}

export function nestOf(program: FoldProgram, stores: readonly FoldStore[]): FoldNest {
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

/** What it does: the body for each element, and a combining operation. */
export function workOf({ program }: FoldNest): Pick<Work, 'kind' | 'ops' | 'shape' | 'flops'> {
  const { shape, words, ops = [], flops = 0 } = program;
  const combining = words.filter(({ type }) => type === 'f32x4').length;
  return { kind: 'fold', ops, shape, flops: sizeOf(shape) * (flops + combining) };
}

/** Elements along the axis that one output of this step folds, at most. */
export function foldLength({ length }: FoldNest): number {
  return Math.min(length, chunkLength);
}

/** Whether this step of a fold puts sums aside: only where there are, or were, several chunks. */
export function isInBlocks(nest: FoldNest): boolean {
  const { words, isOfChunks = false } = nest.program;
  return (nest.chunks > 1 || isOfChunks) && hasBlocks(words, foldLength(nest));
}

/** How many elements there are in a chunk that begins with element `start`. */
export function lengthFrom(f: FunctionBuilder, { length, chunks }: FoldNest, start: Expr<'i32'>): Expr<'i32'> {
  if (chunks === 1) return i32.const(length);
  return f.let(smaller(i32.sub(length, start), i32.const(chunkLength)));
}

/** Cursors over the first `rank` dimensions of the outputs, in the order of `strides`. */
export function cursorsOf(f: FunctionBuilder, nest: FoldNest, table: Expr<'i32'>, rank: number): Cursor[] {
  const operands = [...nest.program.loads, ...nest.stores];
  return nest.strides.map((strides, v) => {
    const operand = operands[v]?.operand;
    const steps = strides.slice(0, rank);
    if (!operand) return { base: i32.const(0), steps };
    return { base: address(f, table, operand), steps: steps.map((step) => bytesOf(operand.narrow) * step) };
  });
}

/** ((a0∘a4)∘(a2∘a6))∘((a1∘a5)∘(a3∘a7)); where there are fewer accumulators than eight, the others are identities. */
export function mergeEight(
  f: FunctionBuilder,
  { program }: FoldNest,
  accumulators: readonly (readonly Expr<Lane>[])[],
): readonly Expr<Lane>[] {
  const pair = (a: readonly Expr<Lane>[] | undefined, b: readonly Expr<Lane>[] | undefined) =>
    a && b ? program.merge(f, a, b).map((value) => f.let(value)) : a;
  const [a0, a1, a2, a3, a4, a5, a6, a7] = accumulators;
  return pair(pair(pair(a0, a4), pair(a2, a6)), pair(pair(a1, a5), pair(a3, a7))) ?? [];
}

/** What is stored of an accumulator that has seen everything. */
export function finished(
  f: FunctionBuilder,
  { finish }: FoldProgram,
  words: readonly Expr<Lane>[],
): readonly Expr<Lane>[] {
  return finish ? finish(f, words).map((word) => f.let(word)) : words;
}

/** Strip of columns from byte x0 to `end`, at most `columns` of them; `at` holds what cursors are at column 0. */
export interface Strip {
  readonly columns: number;
  readonly at: readonly Expr<'i32'>[];
  readonly x0: Expr<'i32'>;
  readonly end: Expr<'i32'>;
  /** accumulator j of word w of column x lies at home + x + (8·w + j)·pitch */
  readonly home: Expr<'i32'>;
  readonly pitch: number;
}

/** Elements of all loads that may lie in an L2. Where they come from further away, rows are best read in the order of memory. */
const near = 2 ** 18;

export function isNear({ program: { shape, loads } }: FoldNest): boolean {
  return sizeOf(shape) * loads.length <= near;
}
