// Long sums: how far rounding can take them follows from the depth of the order in which they are added up (kernels/src/fold.ts),
// which grows with the number of levels of chunks, not with the length.

import { full, type Tensor } from '@treadle/tensor';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gamma } from '../support/reference.ts';

/** Additions that an element of a sum of so many goes through at most: in a block, of blocks, of the eight; then of chunks. */
function depth(length: number, isLong: boolean = length > 4096): number {
  const chunk = Math.min(length, 4096);
  const within = isLong && chunk >= 264 ? 32 + Math.ceil(chunk / 256) : Math.ceil(chunk / 8);
  return within + 3 + (length > 4096 ? depth(Math.ceil(length / 4096), true) : 0);
}

const length = 16_000_000;
/** 1.6796666383743286 is one whose errors point the same way for long. */
const values = fc.float({ min: 1, max: 2, noNaN: true });

/** Sums of `count` equal values: the error of Σx is at most γ(depth)·Σ|x|. */
function expectSums(sums: Tensor, count: number, value: number): void {
  const bound = gamma(depth(count)) * count * value;
  for (const sum of sums.data()) expect(Math.abs(sum - count * value)).toBeLessThanOrEqual(bound);
}

test('the depth of sixteen million is a hundred or so', () => {
  expect(depth(length)).toBe(51 + 48 + 3);
});

test('sums of equal values, over all axes or one, are within the bound of their summation depth', () => {
  fc.assert(
    fc.property(values, (value) => {
      const x = full([length], value).realize();
      expectSums(x.sum(), length, value);
      expectSums(x.reshape([4, length / 4]).sum(1), length / 4, value);
      expectSums(x.reshape([length / 16, 16]).sum(0), length / 16, value);
      expect(Math.abs(x.mean().item() - value)).toBeLessThanOrEqual(gamma(depth(length) + 2) * value);
      x.dispose();
    }),
    { numRuns: 3, examples: [[1.6796666383743286]] },
  );
});
