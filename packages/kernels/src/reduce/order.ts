// Reduces the last axis of an elementwise expression in an order that depends only on the length K of the axis, so that an output
// has the same bits alone, in any batch, in any layout and on any number of threads. The order:
// - The elements are cut into chunks of 4096. In a chunk there are eight accumulators, which start as the identity; element k
//   joins accumulator k mod 8, in increasing k.
// - Where there are several chunks, and operations round, a chunk has blocks of 256: before element 256, 512, … of a chunk, if at
//   least eight more follow, each accumulator is added to its total and starts anew; the last ones join the totals at the end.
// - The eight are merged as ((a0∘a4)∘(a2∘a6))∘((a1∘a5)∘(a3∘a7)); the results of the chunks are reduced by the same rule.
// So in its chunk an element goes through at most 32 + 16 + 3 operations where there are several chunks. Two kinds of loops keep
// this order: along the axis and across outputs. Where there are several chunks, each is an output of its own.

import { denseStrides, sizeOf } from '../core/collapse-dims.ts';
import type { Kernel, Operand, Slot } from '../core/kernel.ts';
import { reduceAcross } from './across.ts';
import { reduceAlong } from './along.ts';
import { chunkLength, nestOf, type ReduceNest, type ReduceProgram, type ReduceStore } from './nest.ts';

/** The kernels of a reduction. `stores`: where each word of the result goes. `allocate` gives a buffer that outlives the kernels. */
export function reduceInOrder(
  program: ReduceProgram,
  stores: readonly Omit<ReduceStore, 'chunkStride'>[],
  allocate: (length: number) => Slot,
): Kernel[] {
  const { name, shape, words } = program;
  const [kept, length] = [shape.slice(0, -1), shape.at(-1) ?? 1];
  const chunks = Math.ceil(length / chunkLength);
  const outputs = sizeOf(kept);
  if (chunks === 1) {
    const whole = stores.map((store) => ({ ...store, chunkStride: 0 }));
    return [reduceOnce(program, whole)];
  }
  const strides = denseStrides(kept);
  const partials = words.map(
    (): Operand => ({
      slot: allocate(chunks * outputs),
      view: { shape: [...kept, chunks], strides: [...strides, outputs], offset: 0 },
    }),
  );
  const ofChunks: ReduceProgram = {
    ...program,
    name: `${name}: ${chunks} chunks`,
    shape: [...kept, chunks],
    nested: undefined,
    loads: partials.map((operand, w) => ({ operand, type: words[w]!.type })),
    body: (_f, values) => values,
    isOfChunks: true,
    count: undefined,
    cost: 0.3,
    flops: 0,
  };
  const parts = partials.map((operand, word) => ({ word, operand, chunkStride: outputs }));
  return [reduceOnce({ ...program, finish: undefined }, parts), ...reduceInOrder(ofChunks, stores, allocate)];
}

/**
 * Whether a reduction would read some load transposed, and no dimension of the outputs suits all loads. Then it is faster to let
 * an elementwise kernel store the elements first: it reads such loads block by block.
 */
export function readsTransposed(program: Pick<ReduceProgram, 'shape' | 'loads' | 'nested'>): boolean {
  const nest = nestOf(
    { ...program, name: '', body: (_f, values) => values, words: [], accumulate: none, merge: none, cost: 0 },
    [],
  );
  if (nest.axis.every((stride) => stride === 0 || stride === 1) || lanesDimension(nest) !== undefined) return false;
  return program.loads.some((_, v) => {
    const { nested } = program;
    const strides = [...nest.strides[v]!, ...(nested?.strides[v] ?? [])];
    const sizes = [...nest.outputs, ...(nested?.sizes ?? [])];
    return nest.axis[v] !== 0 && nest.axis[v] !== 1 && strides.some((stride, d) => stride === 1 && sizes[d]! >= 8);
  });
}

const none: ReduceProgram['merge'] = () => [];

function reduceOnce(program: ReduceProgram, stores: readonly ReduceStore[]): Kernel {
  const nest = nestOf(program, stores);
  if (nest.axis.every((stride) => stride === 0 || stride === 1)) return reduceAlong(nest);
  const d = lanesDimension(nest);
  return d === undefined ? reduceAlong(nest) : reduceAcross(withLast(nest, d));
}

/** The longest dimension along which every load has stride 1 or repeats, and some load has stride 1. */
function lanesDimension({ program, outputs, chunks, strides }: ReduceNest): number | undefined {
  const first = chunks > 1 ? 1 : 0;
  const fits = outputs.map((_, d) => {
    const along = program.loads.map((_, v) => strides[v]![d]!);
    return d >= first && along.includes(1) && along.every((stride) => stride === 0 || stride === 1);
  });
  const longest = Math.max(...outputs.filter((_, d) => fits[d]));
  const d = outputs.findLastIndex((size, d) => fits[d] && size === longest);
  return d < 0 ? undefined : d;
}

function withLast(nest: ReduceNest, d: number): ReduceNest {
  const move = (sizes: readonly number[]): number[] => [...sizes.toSpliced(d, 1), sizes[d]!];
  return { ...nest, outputs: move(nest.outputs), strides: nest.strides.map(move) };
}
