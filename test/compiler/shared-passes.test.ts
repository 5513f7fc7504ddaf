// Passes over memory that fusion saves: several sums over the same array share one, and a value that is as cheap to compute as to read is
// not written. Neither changes a bit.

import { compile, explain, randomNormal, type Tensor, tensor } from '@treadle/tensor';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { differenceOfData } from '../support/bits.ts';

const axes = fc.constantFrom<readonly number[]>([0], [1], [0, 1], [0, 2], [0, 1, 2]);
const shapes = fc.constantFrom<readonly number[]>(
  [7, 9, 5],
  [40, 30, 16],
  [12, 400, 3],
  [3, 50, 140],
  [1, 1, 8],
  [5, 1000, 2],
);
const seeds = fc.integer({ min: 1, max: 2 ** 30 });

const sums = (over: readonly number[]): readonly ((x: Tensor, y: Tensor) => Tensor)[] => [
  (x) => x.sum(over),
  (x, y) => x.mul(y).sum(over),
  (x) => x.square().sum(over),
  (x, y) => x.sub(y).abs().sum(over),
  (x, y) => y.mul(3).sum(over).add(x.sum(over)),
];

test('sums that share a pass have the bits that they have alone', () => {
  fc.assert(
    fc.property(shapes, axes, seeds, (shape, over, seed) => {
      const [x, y] = [randomNormal(shape, { seed }).realize(), randomNormal(shape, { seed: seed + 1 }).realize()];
      const together = compile((a: Tensor, b: Tensor) => sums(over).map((f) => f(a, b)))(x, y);
      sums(over).forEach((f, i) => {
        const alone = compile(f)(x, y);
        expect(differenceOfData(together[i]!.data(), alone.data())).toBeUndefined();
      });
    }),
    { numRuns: 40 },
  );
});

const large = tensor(new Float32Array(64 * 64 * 16), { shape: [64, 64, 16] });
const touching = (f: (x: Tensor, y: Tensor) => readonly Tensor[]) =>
  explain(f)(large, large.add(1).realize()).kernels.filter(
    ({ bytesRead, bytesWritten }) => bytesRead + bytesWritten >= 4 * large.size,
  );

test('four sums over the same axes that read the same arrays are one pass', () => {
  const kernels = touching((x, y) =>
    sums([0, 1])
      .slice(0, 4)
      .map((f) => f(x, y)),
  );
  expect(kernels.map(({ kind }) => kind)).toEqual(['reduce']);
});

test('sums over other axes, of other arrays, or that need one another have a pass each', () => {
  expect(
    touching((x) => [
      x
        .sub(x.mean([0, 1]))
        .square()
        .sum([0, 1]),
    ]),
  ).toHaveLength(2);
  expect(touching((x) => [x.sum([0, 1]), x.sum(2)])).toHaveLength(2);
  expect(touching((x, y) => [x.sum([0, 1]), y.sum([0, 1])])).toHaveLength(2);
});

test('x minus a few numbers, which several kernels read, is not written to memory', () => {
  const kernels = touching((x) => {
    const centred = x.sub(x.mean([0, 1]));
    return [centred.square().sum([0, 1]), centred.mul(2).max(2)];
  });
  expect(kernels.map(({ bytesWritten }) => bytesWritten < large.size)).not.toContain(false);
});

test('a value that takes longer to compute than to read is computed once', () => {
  const kernels = touching((x) => {
    const heavy = x.tanh();
    return [heavy.square().sum([0, 1]), heavy.mul(2).max(2)];
  });
  expect(kernels.filter(({ ops }) => ops.includes('tanh'))).toHaveLength(1);
});
