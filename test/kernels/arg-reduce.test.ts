// The laws of argmax and argmin: the position of the first of the most extreme elements; NaN is more extreme than every number,
// as in NumPy.

import { argReduce } from '@treadle/kernels';
import fc from 'fast-check';
import { test } from 'vitest';
import { runKernels } from '../support/run-kernels.ts';
import {
  type Elements,
  integers,
  operand,
  placed,
  positions,
  randomFrom,
  sameBits,
  shuffled,
  sizeOf,
} from './views.ts';

/** few values, so that there are many ties */
function ties(length: number, seed: number): Float32Array {
  const random = randomFrom(seed);
  const rareNaN = random() < 0.5 ? 0 : 0.02;
  const values =
    random() < 0.2 ? [-Infinity] : random() < 0.2 ? [Infinity] : [-Infinity, -1.5, -0, 0, 1, 2.5, Infinity];
  return Float32Array.from({ length }, () =>
    random() < rareNaN ? Number.NaN : values[Math.floor(random() * values.length)]!,
  );
}

function extremes(length: number, seed: number): Int32Array {
  const least = seed % 2 === 0 ? -(2 ** 31) : 2 ** 31 - 1;
  return integers(length, seed, 3).map((x) => (x < 0 ? least : x));
}

function firstBest(elements: readonly number[], direction: 'max' | 'min'): number {
  let best = 0;
  elements.forEach((x, k) => {
    const current = elements[best]!;
    if (Number.isNaN(current)) return;
    if (Number.isNaN(x) || (direction === 'max' ? x > current : x < current)) best = k;
  });
  return best;
}

const size = fc.constantFrom(0, 1, 1, 2, 3, 5, 8, 9, 33);
const kept = fc.array(size, { maxLength: 3 }).filter((shape) => sizeOf(shape) <= 1200);
const short = fc.constantFrom(0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 100);
const long = fc.constantFrom(4096, 4097, 8197, 40_001);
const shapes = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(kept, short).map(([outputs, k]) => [...outputs, k]) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom([], [3], [9]), long).map(([outputs, k]) => [...outputs, k]) },
  { weight: 1, arbitrary: fc.constantFrom([700, 20], [40, 1000], [5000, 4]) },
);
const cases = shapes.chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    source: placed(shape, { repeating: true }),
    target: placed(shape.slice(0, -1), { repeating: false }),
    direction: fc.constantFrom('max' as const, 'min' as const),
    type: fc.constantFrom('f32x4' as const, 'i32x4' as const),
    cost: fc.constantFrom(0.2, 200),
    seed: fc.integer(),
  }),
);

test('argReduce gives the position of the first of the most extreme elements, for every layout and order of tiles', () => {
  fc.assert(
    fc.property(cases, ({ shape, source, target, direction, type, cost, seed }) => {
      const input = type === 'f32x4' ? ties(source.length, seed) : extremes(source.length, seed);
      const before = new Int32Array(target.length).fill(-7);
      const slots = new Map<number, Elements | number>([input, before].entries());
      const kernels = argReduce({
        name: 'arg',
        shape,
        loads: [{ operand: operand(0, source), type }],
        body: (_f, values) => values,
        type,
        direction,
        store: operand(1, target),
        cost,
        allocate: (length) => {
          slots.set(slots.size, length);
          return slots.size - 1;
        },
      });
      const after = runKernels(kernels, slots, { order: shuffled(seed) });
      const elements = Array.from(positions(source.view), (at) => input[at]!);
      const [length, expected] = [shape.at(-1)!, before.slice()];
      positions(target.view).forEach((at, o) => {
        expected[at] = firstBest(elements.slice(o * length, (o + 1) * length), direction);
      });
      sameBits(after.get(1)!, expected, 'positions');
      sameBits(after.get(0)!, input, 'source');
    }),
    { numRuns: 500 },
  );
});
