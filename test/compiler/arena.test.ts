// The layout of the arena: what is alive at the same time lies apart, and room is used again.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Lifetime, layoutArena } from '../../packages/compiler/dist/arena.js';

const lifetime = fc
  .record({ bytes: fc.integer({ min: 0, max: 5000 }), first: fc.nat(20), length: fc.nat(8) })
  .map(({ bytes, first, length }): Lifetime => ({ bytes, first, last: first + length }));

const overlap = (a: number, aEnd: number, b: number, bEnd: number): boolean => a < bEnd && b < aEnd;
const rounded = (bytes: number): number => Math.ceil(bytes / 64) * 64;

test('no two buffers that are alive in the same phase share a byte', () => {
  fc.assert(
    fc.property(fc.array(lifetime, { maxLength: 40 }), (lifetimes) => {
      const { offsets, bytes } = layoutArena(lifetimes);
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

test('the arena holds at least the largest live set, and never more than all buffers beside each other', () => {
  fc.assert(
    fc.property(fc.array(lifetime, { maxLength: 40 }), (lifetimes) => {
      const { bytes } = layoutArena(lifetimes);
      const phases = Array.from({ length: 30 }, (_, phase) => phase);
      const live = phases.map((phase) =>
        lifetimes
          .filter(({ first, last }) => first <= phase && phase <= last)
          .reduce((sum, { bytes: size }) => sum + rounded(size), 0),
      );
      expect(bytes).toBeGreaterThanOrEqual(Math.max(...live));
      expect(bytes).toBeLessThanOrEqual(lifetimes.reduce((sum, { bytes: size }) => sum + rounded(size), 0) + 64);
    }),
  );
});

test('buffers that follow one another share their place', () => {
  const chain = Array.from({ length: 10 }, (_, i) => ({ bytes: 640, first: i, last: i + 1 }));
  expect(layoutArena(chain).bytes).toBe(2 * 640 + 64);
});
