// Buffer assignment: buffers that are alive at the same time do not overlap, and memory is reused.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  assignBuffers,
  type Lifetime,
  largestLiveSet,
} from '../../packages/compiler/dist/schedule/buffer-assignment.js';

const lifetime = fc
  .record({ bytes: fc.integer({ min: 0, max: 5000 }), first: fc.nat(20), length: fc.nat(8) })
  .map(({ bytes, first, length }): Lifetime => ({ bytes, first, last: first + length }));

const overlap = (a: number, aEnd: number, b: number, bEnd: number): boolean => a < bEnd && b < aEnd;
const rounded = (bytes: number): number => Math.ceil(bytes / 64) * 64;

test('no two buffers that are alive in the same phase share a byte', () => {
  fc.assert(
    fc.property(fc.array(lifetime, { maxLength: 40 }), (lifetimes) => {
      const { offsets, bytes } = assignBuffers(lifetimes);
      lifetimes.forEach((a, i) => {
        const from = offsets[i] ?? -1;
        expect(from % 64).toBe(0);
        expect(from + a.bytes + 64).toBeLessThanOrEqual(bytes + 63);
        lifetimes.slice(i + 1).forEach((b, j) => {
          const other = offsets[i + 1 + j] ?? -1;
          const together = a.first <= b.last && b.first <= a.last;
          expect(together && overlap(from, from + a.bytes, other, other + b.bytes)).toBe(false);
        });
      });
    }),
  );
});

/** Random numbers in [0, 1), the same in every run. */
function generator(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0; // Numerical Recipes' generator
    return state / 2 ** 32;
  };
}

/** How many pairs of buffers that are alive in the same phase share a byte. */
function pairsThatMeet(lifetimes: readonly Lifetime[], offsets: readonly number[]): number {
  let pairs = 0;
  lifetimes.forEach((a, i) => {
    const from = offsets[i] ?? -1;
    for (let j = 0; j < i; j++) {
      const [b, other] = [lifetimes[j]!, offsets[j] ?? -1];
      if (a.first > b.last || b.first > a.last) continue;
      if (overlap(from, from + a.bytes, other, other + b.bytes)) pairs++;
    }
  });
  return pairs;
}

test('thousands of buffers do not overlap while they are alive, and take at most a quarter more than the largest live set', () => {
  const next = generator();
  const passing = list(2000, () => {
    const first = Math.floor(500 * next());
    return { bytes: Math.floor(next() * 5000), first, last: first + Math.floor(8 * next() ** 2) };
  });
  const n = 800;
  const kept = list(n, (i) => ({ bytes: Math.floor(1e4 * next()), first: i, last: 2 * n - i }));
  const back = list(n, (i) => ({ bytes: Math.floor(1e4 * next()), first: n + i, last: n + i + 1 }));
  for (const lifetimes of [passing, [...kept, ...back]]) {
    const { offsets, bytes } = assignBuffers(lifetimes);
    expect(pairsThatMeet(lifetimes, offsets)).toBe(0);
    expect(offsets.every((offset) => offset % 64 === 0)).toBe(true);
    expect(Math.max(...lifetimes.map((lifetime, i) => (offsets[i] ?? 0) + lifetime.bytes))).toBeLessThanOrEqual(bytes);
    expect(bytes - 64).toBeLessThanOrEqual(1.25 * largestLiveSet(lifetimes));
  }
});

test('the block is at least as large as the largest live set, and at most as large as all buffers together', () => {
  fc.assert(
    fc.property(fc.array(lifetime, { maxLength: 40 }), (lifetimes) => {
      const { bytes } = assignBuffers(lifetimes);
      expect(bytes).toBeGreaterThanOrEqual(largestLiveSet(lifetimes));
      expect(bytes).toBeLessThanOrEqual(lifetimes.reduce((sum, { bytes: size }) => sum + rounded(size), 0) + 64);
    }),
  );
});

/** Sizes and times as they come about in different ways, numbers in [0, 1) being drawn by `next`. */
const kinds: Record<string, (next: () => number) => readonly Lifetime[]> = {
  'of any size and for any time': (next) =>
    list(60, () => {
      const first = Math.floor(40 * next());
      return { bytes: Math.floor(1e6 * next()), first, last: first + Math.floor(10 * next()) };
    }),
  'of sizes from 4 kB to 1.2 MB, most for a short time': (next) =>
    list(60, () => {
      const first = Math.floor(40 * next());
      return { bytes: Math.floor(Math.exp(8 + 6 * next())), first, last: first + Math.floor(40 * next() * next()) };
    }),
  'of a forward and a backward pass': (next) => {
    const n = 20;
    const kept = list(n, (i) => ({ bytes: Math.floor(1e5 * (0.2 + next())), first: i, last: 2 * n - i }));
    const passing = list(n, (i) => ({ bytes: Math.floor(1e5 * (0.2 + next())), first: n + i, last: n + i + 1 }));
    return [...kept, ...passing];
  },
  'of a pyramid of images, halved while channels double': () => {
    const n = 8;
    const level = (i: number): number => Math.min(i, n - 1) >> 1;
    const image = (i: number): number => 4 * 32 * (224 >> level(i)) ** 2 * (16 << level(i));
    const kept = list(n, (i) => ({ bytes: image(i), first: i, last: 2 * n - i }));
    const passing = list(n, (i) => ({ bytes: image(n - 1 - i), first: n + i, last: n + i + 1 }));
    const weights = list(n, (i) => ({ bytes: 36 * (16 << level(n - 1 - i)) ** 2, first: n + i, last: n + i + 1 }));
    return [...kept, ...passing, ...weights];
  },
};

function list<T>(length: number, make: (i: number) => T): readonly T[] {
  return Array.from({ length }, (_, i) => make(i));
}

test.each(Object.entries(kinds))(
  'buffers %s take no more than 15 % above the largest live set, 3 % on average',
  (_, make) => {
    const next = generator();
    const excess = list(200, () => {
      const lifetimes = make(next);
      return (assignBuffers(lifetimes).bytes - 64) / largestLiveSet(lifetimes) - 1;
    });
    expect(Math.max(...excess)).toBeLessThanOrEqual(0.15);
    expect(excess.reduce((a, b) => a + b) / excess.length).toBeLessThanOrEqual(0.03);
  },
);

test('the largest live set is that of the phase in which most bytes are alive', () => {
  fc.assert(
    fc.property(fc.array(lifetime, { maxLength: 40 }), (lifetimes) => {
      const live = list(30, (phase) =>
        lifetimes
          .filter(({ first, last }) => first <= phase && phase <= last)
          .reduce((sum, { bytes }) => sum + rounded(bytes), 0),
      );
      expect(largestLiveSet(lifetimes)).toBe(Math.max(...live));
    }),
  );
});

test('buffers whose lifetimes follow one another share memory', () => {
  const chain = Array.from({ length: 10 }, (_, i) => ({ bytes: 640, first: i, last: i + 1 }));
  expect(assignBuffers(chain).bytes).toBe(2 * 640 + 64);
});
