// The law of multi-tensor kernels: one kernel over several sets of operands gives every element the bits that a kernel of its own
// gives, and touches nothing else, for all lengths, shared operands and orders of tiles.

import { joinMultiTensor, type Kernel, lanes, type MultiTensor } from '@treadle/kernels';
import { type Expr, f32x4, reinterpret } from '@treadle/wasm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runKernels } from '../support/run-kernels.ts';
import { dense, type Elements, floats, operand, sameBits, shuffled, sizeOf } from './views.ts';

const lengths = fc.constantFrom(1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 100, 4099);
const shapes = fc.oneof(
  lengths.map((length) => [length]),
  fc.constantFrom([2, 3], [4, 8], [1, 5], [37, 29], [1, 1], [300, 70]),
);

interface Part {
  readonly shape: readonly number[];
  /** slots of x and of its second operand, which is one number or as long as x */
  readonly x: number;
  readonly y: number;
  readonly store: number;
}

/** x ← x·y + x over a variable that is read and written in place, and its square beside it. */
function part({ shape, x, y, store }: Part, isScalar: boolean, cost: number): Kernel {
  const whole = dense(shape);
  const repeated = { view: { shape, strides: shape.map(() => 0), offset: 0 }, length: 1 };
  return lanes({
    name: 'part',
    key: 'part',
    shape,
    loads: [
      { operand: operand(x, whole), type: 'f32x4' },
      { operand: operand(y, isScalar ? repeated : whole), type: 'f32x4' },
    ],
    stores: [operand(x, whole), operand(store, whole)],
    body: (_f, values) => {
      const [a, b] = values.map((value: Expr<'f32x4' | 'i32x4'>) => reinterpret('f32x4', value));
      return [f32x4.add(f32x4.mul(a!, b!), a!), f32x4.mul(a!, a!)];
    },
    cost,
  });
}

test('a multi-tensor kernel computes what its members compute, to the bit, and touches nothing else', () => {
  const cases = fc.record({
    shapes: fc.array(shapes, { minLength: 1, maxLength: 7 }),
    isScalar: fc.boolean(),
    isShared: fc.boolean(),
    cost: fc.constantFrom(0.3, 3, 1000),
    seed: fc.integer(),
  });
  fc.assert(
    fc.property(cases, ({ shapes, isScalar, isShared, cost, seed }) => {
      const parts = shapes.map(
        (shape, i): Part => ({ shape, x: 3 * i, y: isScalar && isShared ? 1 : 3 * i + 1, store: 3 * i + 2 }),
      );
      const kernels = parts.map((one) => part(one, isScalar, cost));
      const buffers = new Map<number, Elements>(
        parts.flatMap(({ shape }, i) => [
          [3 * i, floats(sizeOf(shape), seed + i)],
          [3 * i + 1, floats(isScalar ? 1 : sizeOf(shape), seed + 50 + i)],
          [3 * i + 2, new Float32Array(sizeOf(shape)).fill(7)],
        ]),
      );
      const members = kernels.map((kernel) => kernel.multiTensor);
      const [first, ...others] = members.filter((one): one is MultiTensor => one !== undefined);
      expect(others).toHaveLength(kernels.length - 1);
      // a scalar operand of one element may be seen either way
      if (new Set(members.map((one) => one?.key)).size > 1) return;
      const joined = joinMultiTensor([first!, ...others]);
      expect(new Set([...joined.reads, ...joined.writes])).toEqual(
        new Set(kernels.flatMap((k) => [...k.reads, ...k.writes])),
      );
      const expected = runKernels(kernels, buffers);
      const after = runKernels([joined], buffers, { order: shuffled(seed) });
      for (const slot of buffers.keys()) sameBits(after.get(slot)!, expected.get(slot)!, `slot ${slot}`);
    }),
    { numRuns: 200 },
  );
});

test('kernels with other loops, or that ask for positions, are not joined', () => {
  const whole = dense([4, 8]);
  const across = { view: { shape: [4, 8], strides: [1, 4], offset: 0 }, length: 32 };
  const row = { view: { shape: [4, 8], strides: [0, 1], offset: 0 }, length: 8 };
  const make = (key: string | undefined, load = whole, store = whole): Kernel =>
    lanes({
      name: 'copy',
      key,
      shape: [4, 8],
      loads: [{ operand: operand(0, load), type: 'f32x4' }],
      stores: [operand(1, store)],
      body: (_f, values) => values,
      cost: 1,
    });
  expect(make('copy').multiTensor?.length).toBe(32);
  expect(make(undefined).multiTensor).toBeUndefined();
  expect(make('copy', across).multiTensor).toBeUndefined();
  expect(make('copy', row).multiTensor).toBeUndefined();
  expect(make('copy', whole, across).multiTensor).toBeUndefined();
});
