// Folding the last axis of a lane program, in an order that depends on the axis's length K alone, so that an output has the
// same bits alone, in any batch, under any layout and on any number of threads. The order: elements are cut into chunks of
// 4096; in a chunk, element k joins accumulator k mod 8, in increasing k, each beginning with the identity. Where there are
// several chunks, and operations round, the eight are put aside and begin anew before element 256, 512, … of a chunk, if eight
// more are to come; what was put aside is combined one by one, the last accumulators at the end. The eight are merged as
// ((a0∘a4)∘(a2∘a6))∘((a1∘a5)∘(a3∘a7)); the results of the chunks are folded by the same rule. So an element of several chunks
// goes through 32 + 16 + 3 operations at most for its chunk.
// Two loops keep this order, along the axis and across outputs; where there are several chunks, each is an output of its own.

import { denseStrides, sizeOf } from '../core/collapse-dims.ts';
import type { Kernel, Operand, Slot } from '../core/kernel.ts';
import { foldAcross } from './across.ts';
import { foldAlong } from './along.ts';
import { chunkLength, type FoldNest, type FoldProgram, type FoldStore, nestOf } from './nest.ts';

/** `stores`: where each word of the result goes. `allocate` gives a buffer that outlives the kernels. */
export function fold(
  program: FoldProgram,
  stores: readonly Omit<FoldStore, 'chunkStride'>[],
  allocate: (length: number) => Slot,
): Kernel[] {
  const { name, shape, words } = program;
  const [kept, length] = [shape.slice(0, -1), shape.at(-1) ?? 1];
  const chunks = Math.ceil(length / chunkLength);
  const outputs = sizeOf(kept);
  if (chunks === 1) {
    const whole = stores.map((store) => ({ ...store, chunkStride: 0 }));
    return [foldOnce(program, whole)];
  }
  const strides = denseStrides(kept);
  const partials = words.map(
    (): Operand => ({
      slot: allocate(chunks * outputs),
      view: { shape: [...kept, chunks], strides: [...strides, outputs], offset: 0 },
    }),
  );
  const ofChunks: FoldProgram = {
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
  return [foldOnce({ ...program, finish: undefined }, parts), ...fold(ofChunks, stores, allocate)];
}

/**
 * Whether a fold would read some load against its grain, along no dimension that suits all loads: then it is quicker to let a
 * lane kernel write the elements first, which reads such loads block by block.
 */
export function isAgainstGrain(program: Pick<FoldProgram, 'shape' | 'loads' | 'nested'>): boolean {
  const nest = nestOf(
    { ...program, name: '', body: (_f, values) => values, words: [], step: none, merge: none, cost: 0 },
    [],
  );
  if (nest.axis.every((stride) => stride === 0 || stride === 1) || lanesDimension(nest) !== undefined) return false;
  return program.loads.some((_, v) => {
    const { nested } = program;
    const steps = [...nest.strides[v]!, ...(nested?.strides[v] ?? [])];
    const sizes = [...nest.outputs, ...(nested?.sizes ?? [])];
    return nest.axis[v] !== 0 && nest.axis[v] !== 1 && steps.some((step, d) => step === 1 && sizes[d]! >= 8);
  });
}

const none: FoldProgram['merge'] = () => [];

function foldOnce(program: FoldProgram, stores: readonly FoldStore[]): Kernel {
  const nest = nestOf(program, stores);
  if (nest.axis.every((stride) => stride === 0 || stride === 1)) return foldAlong(nest);
  const d = lanesDimension(nest);
  return d === undefined ? foldAlong(nest) : foldAcross(withLast(nest, d));
}

/** The longest dimension along which every load has stride 1 or repeats, and some load has stride 1. */
function lanesDimension({ program, outputs, chunks, strides }: FoldNest): number | undefined {
  const first = chunks > 1 ? 1 : 0;
  const fits = outputs.map((_, d) => {
    const steps = program.loads.map((_, v) => strides[v]![d]!);
    return d >= first && steps.includes(1) && steps.every((step) => step === 0 || step === 1);
  });
  const longest = Math.max(...outputs.filter((_, d) => fits[d]));
  const d = outputs.findLastIndex((size, d) => fits[d] && size === longest);
  return d < 0 ? undefined : d;
}

function withLast(nest: FoldNest, d: number): FoldNest {
  const move = (sizes: readonly number[]): number[] => [...sizes.toSpliced(d, 1), sizes[d]!];
  return { ...nest, outputs: move(nest.outputs), strides: nest.strides.map(move) };
}
