// The schedule: what depends on each other is in different phases, in the order it was written down.

import type { Kernel } from '@treadle/kernels';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { schedule } from '../../packages/compiler/dist/schedule.js';

const kernel = (reads: readonly number[], writes: readonly number[], name = ''): Kernel => ({
  name,
  tiles: 1,
  cost: 1,
  scratch: 0,
  reads,
  writes,
  work: { kind: '', ops: [], shape: [], flops: 0, bytesRead: 0, bytesWritten: 0 },
  emit: () => {
    throw new Error('not emitted here');
  },
});

const slots = fc.uniqueArray(fc.nat(6), { maxLength: 3 });
const kernels = fc.array(
  fc.tuple(slots, slots).map(([reads, writes]) => kernel(reads, writes)),
  { maxLength: 20 },
);

const touches = (a: Kernel, b: Kernel): boolean =>
  a.writes.some((slot) => b.reads.includes(slot) || b.writes.includes(slot)) ||
  a.reads.some((slot) => b.writes.includes(slot));

test('of two kernels one of which writes what the other touches, the one written down first is in an earlier phase', () => {
  fc.assert(
    fc.property(kernels, (list) => {
      const { phases } = schedule(list);
      const phaseOf = new Map(phases.flatMap((phase, p) => phase.map((k) => [k, p] as const)));
      expect(phaseOf.size).toBe(list.length);
      list.forEach((a, i) => {
        for (const b of list.slice(i + 1)) {
          if (touches(a, b)) expect(phaseOf.get(a)).toBeLessThan(phaseOf.get(b) ?? -1);
        }
      });
    }),
  );
});

test('a kernel is in the first phase or one phase after something that it depends on', () => {
  fc.assert(
    fc.property(kernels, (list) => {
      const { phases } = schedule(list);
      phases.slice(1).forEach((phase, p) => {
        for (const k of phase) expect((phases[p] ?? []).some((before) => touches(before, k))).toBe(true);
      });
    }),
  );
});

test('a slot lives from the first to the last phase that touches it', () => {
  fc.assert(
    fc.property(kernels, (list) => {
      const { phases, lifetimes } = schedule(list);
      for (const [slot, { first, last }] of lifetimes) {
        const touching = phases.flatMap((phase, p) =>
          phase.filter((k) => [...k.reads, ...k.writes].includes(slot)).map(() => p),
        );
        expect([Math.min(...touching), Math.max(...touching)]).toEqual([first, last]);
      }
    }),
  );
});
