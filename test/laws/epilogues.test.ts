// Epilogues: elementwise work runs on the regions of a product also where it sees the product in a shape with other leading axes, with
// the bits that it has on its own.

import { compile, explain, setThreads, type Tensor, tensor } from '@treadle/tensor';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { differenceOfData, noise } from '../support/bits.ts';

type Each = (x: Tensor) => Tensor;

const filled = (shape: readonly number[], seed: number): Tensor =>
  tensor(
    noise(
      shape.reduce((product, extent) => product * extent, 1),
      seed,
    ),
    { shape },
  );

/** x·w as one tall product, then elementwise work on it in another shape, which may drop or add axes of extent 1. */
function layer(each: Each, x: Tensor, w: Tensor, before: readonly number[]): Tensor {
  const units = w.shape[1] ?? 1;
  const y = each(x.matmul(w)).reshape([...before, units]);
  const added = filled(before.map((extent, i) => (i === 0 ? 1 : extent)).concat(1), 3);
  return each(each(y.add(added)).maximum(filled([units], 4)));
}

const extents = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
const sizes = fc.tuple(extents, fc.integer({ min: 2, max: 40 }), fc.integer({ min: 2, max: 70 }));

test('elementwise work on a reshaped product is its epilogue, with the same bits', () => {
  fc.assert(
    fc.property(sizes, fc.constantFrom(1, 2, 3), ([before, features, units], threads) => {
      setThreads(threads);
      const rows = before.reduce((product, extent) => product * extent, 1);
      const [x, w] = [filled([rows, features], 1), filled([features, units], 2)];
      const f = (a: Tensor, b: Tensor) => layer((t) => t, a, b, before);
      const products = explain(f)(x, w).kernels.filter(({ kind }) => kind === 'matmul');
      expect(products.map(({ ops }) => ops)).toEqual([['matmul', 'add', 'maximum']]);
      const alone = layer((t) => t.realize(), x, w, before).data();
      expect(differenceOfData(compile(f)(x, w).data(), alone)).toBe(undefined);
    }),
    { numRuns: 60 },
  );
});

test('a reshape of the last axis is computed after the product', () => {
  const [x, w] = [filled([24, 8], 1), filled([8, 12], 2)];
  for (const shape of [[24 * 12], [12, 24], [24, 3, 4], [288, 1]]) {
    const f = (each: Each) => (a: Tensor, b: Tensor) => each(each(a.matmul(b)).reshape(shape).add(filled(shape, 5)));
    const alone = f((t) => t.realize())(x, w).data();
    expect(differenceOfData(compile(f((t) => t))(x, w).data(), alone)).toBe(undefined);
  }
});

test('a batch of products keeps its rows apart from those of other shapes', () => {
  const [x, w] = [filled([3, 4, 10, 8], 1), filled([3, 4, 8, 6], 2)];
  for (const shape of [
    [12, 10, 6],
    [3, 40, 6],
    [120, 6],
    [2, 6, 10, 6],
  ]) {
    const f = (each: Each) => (a: Tensor, b: Tensor) => each(each(a.matmul(b)).reshape(shape).add(filled(shape, 5)));
    const alone = f((t) => t.realize())(x, w).data();
    expect(differenceOfData(compile(f((t) => t))(x, w).data(), alone)).toBe(undefined);
  }
});
