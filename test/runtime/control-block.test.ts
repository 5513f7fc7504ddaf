// The control block: no two words overlap, and words that different threads write often lie on different cache lines.

import {
  abortOffset,
  controlBytes,
  doneOffset,
  logOffset,
  nextOffset,
  threadOffset,
  threadStride,
  timeoutOffset,
  waitersOffset,
} from '@treadle/runtime';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const shapes = fc.record({ kernelCount: fc.nat(40), threads: fc.integer({ min: 1, max: 9 }), isWatched: fc.boolean() });
const range = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i);

test('no two words share an address, and all lie within the block', () => {
  fc.assert(
    fc.property(shapes, ({ kernelCount, threads, isWatched }) => {
      const words = [
        abortOffset,
        timeoutOffset,
        waitersOffset,
        ...range(kernelCount).flatMap((kernel) => [nextOffset(kernel), doneOffset(kernel)]),
        ...range(threads).flatMap((thread) => {
          const place = threadOffset(kernelCount, thread, isWatched);
          const log = isWatched ? range(3 * kernelCount).map((word) => place + logOffset(0) + 4 * word) : [];
          return [place, ...log];
        }),
      ];
      expect(new Set(words).size).toBe(words.length);
      expect(Math.max(...words) + 4).toBeLessThanOrEqual(controlBytes(kernelCount, threads, isWatched));
      for (const word of words) expect(word % 4).toBe(0);
    }),
  );
});

test('no two threads write to one cache line of their own', () => {
  fc.assert(
    fc.property(shapes, ({ kernelCount, threads, isWatched }) => {
      const lines = range(threads).flatMap((thread) => {
        const place = threadOffset(kernelCount, thread, isWatched);
        expect(place).toBe(threadOffset(kernelCount, 0, isWatched) + thread * threadStride(kernelCount, isWatched));
        const end = isWatched && kernelCount > 0 ? place + logOffset(kernelCount) : place + 4;
        const first = Math.floor(place / 64);
        return range(Math.ceil(end / 64) - first).map((i) => first + i);
      });
      expect(new Set(lines).size).toBe(lines.length);
    }),
  );
});
