// The laws of pools that are not those of every op: where a gradient goes when several elements are largest, or none is a
// number, and that the bits do not depend on the batch.

import { grad, gradients, type Tensor, tensor } from '@treadle/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { differenceOfData, noise } from '../support/bits.ts';

const nan = Number.NaN;

/** The gradient of Σ weights · maxPool for x [1, rows, columns, 1]. */
function shares(x: readonly number[][], size: number, strides: number, weights?: readonly number[]): unknown {
  const [rows, columns] = [x.length, x[0]!.length];
  const image = tensor(x.flat(), { shape: [1, rows, columns, 1] });
  const pooled = (t: Tensor): Tensor => t.maxPool2d(size, { strides });
  const count = pooled(image).size;
  const w = tensor(weights ?? new Array<number>(count).fill(1), { shape: pooled(image).shape });
  const dx = grad((t: Tensor) => pooled(t).mul(w).sum())(image);
  return dx.reshape([rows, columns]).toArray();
}

describe('the gradient of a largest element', () => {
  test('goes to the first of equal elements, row by row', () => {
    expect(
      shares(
        [
          [2, 2],
          [2, 2],
        ],
        2,
        2,
      ),
    ).toEqual([
      [1, 0],
      [0, 0],
    ]);
    expect(
      shares(
        [
          [1, 3],
          [3, 3],
        ],
        2,
        2,
      ),
    ).toEqual([
      [0, 1],
      [0, 0],
    ]);
  });

  test('goes to the first NaN where there is one', () => {
    expect(
      shares(
        [
          [1, 9],
          [nan, nan],
        ],
        2,
        2,
      ),
    ).toEqual([
      [0, 0],
      [1, 0],
    ]);
  });

  test('is added up where windows overlap, and 0 outside windows', () => {
    expect(
      shares(
        [
          [0, 5, 0],
          [0, 0, 0],
        ],
        2,
        1,
        [3, 4],
      ),
    ).toEqual([
      [0, 7, 0],
      [0, 0, 0],
    ]);
    expect(
      shares(
        [
          [1, 2, 3],
          [4, 5, 6],
          [7, 8, 9],
        ],
        1,
        2,
      ),
    ).toEqual([
      [1, 0, 1],
      [0, 0, 0],
      [1, 0, 1],
    ]);
  });

  test('of infinities goes to the first as well', () => {
    const low = Number.NEGATIVE_INFINITY;
    expect(
      shares(
        [
          [low, low],
          [low, low],
        ],
        2,
        2,
      ),
    ).toEqual([
      [1, 0],
      [0, 0],
    ]);
  });
});

test('an image alone has the bits that it has in any batch: pools and their gradients', () => {
  const images = fc.record({
    batch: fc.integer({ min: 2, max: 9 }),
    rows: fc.integer({ min: 3, max: 12 }),
    columns: fc.integer({ min: 3, max: 12 }),
    channels: fc.constantFrom(1, 3, 4, 8, 11, 16),
    size: fc.integer({ min: 1, max: 3 }),
    strides: fc.integer({ min: 1, max: 3 }),
    padding: fc.constantFrom('valid', 'same'),
    how: fc.constantFrom('maxPool2d', 'averagePool2d'),
    chosen: fc.nat(),
  });
  fc.assert(
    fc.property(images, ({ batch, rows, columns, channels, size, strides, padding, how, chosen }) => {
      const x = tensor(noise(batch * rows * columns * channels, 3), { shape: [batch, rows, columns, channels] });
      const i = chosen % batch;
      const both = (t: Tensor): Tensor[] => {
        const y = t[how](size, { strides, padding });
        const [dx] = gradients(y.square().sum(), [t]);
        return [y, dx!];
      };
      const alone = both(tensor(x.slice([i], [i + 1]).data(), { shape: [1, rows, columns, channels] }));
      both(x).forEach((whole, k) => {
        expect(differenceOfData(alone[k]!.data(), whole.slice([i], [i + 1]).data())).toBeUndefined();
      });
    }),
    { numRuns: process.env.TREADLE_TEST_LONG ? 500 : 40 },
  );
});
