// The schedule: kernels that depend on each other are in different phases, in the order in which they were given.

import { type Kernel, lanes } from '@treadle/kernels';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { schedule } from '../../packages/compiler/dist/schedule/schedule.js';

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

test('if a kernel writes what another touches, the one that was given first is in an earlier phase', () => {
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

/** The earliest phase of each kernel: the length of the longest chain of kernels on which it depends. */
function earliest(list: readonly Kernel[]): readonly number[] {
  const phases: number[] = [];
  list.forEach((b, i) => {
    const before = list.slice(0, i).flatMap((a, j) => (touches(a, b) ? [(phases[j] ?? 0) + 1] : []));
    phases.push(Math.max(0, ...before));
  });
  return phases;
}

test('there are no more phases than the longest chain of kernels that depend on each other', () => {
  fc.assert(
    fc.property(kernels, (list) => {
      expect(schedule(list).phases.length).toBe(Math.max(0, ...earliest(list).map((phase) => phase + 1)));
    }),
  );
});

test('a kernel is delayed to the phase before its result is needed, also where it reads what no kernel writes', () => {
  const chain = [kernel([], [0]), kernel([0], [1]), kernel([1], [2]), kernel([2], [3])];
  const [overwritten, unwritten, result] = [4, 5, 6];
  const late = kernel([overwritten, unwritten], [result]);
  const { phases } = schedule([late, ...chain, kernel([3, result], [overwritten])]);
  expect(phases[3]).toContain(late);
});

test('a kernel runs as early as possible, or later where no written buffer lives longer for it', () => {
  fc.assert(
    fc.property(kernels, (list) => {
      const { phases, lifetimes } = schedule(list);
      const first = earliest(list);
      list.forEach((k, i) => {
        expect(phases.findIndex((phase) => phase.includes(k))).toBeGreaterThanOrEqual(first[i] ?? 0);
      });
      for (const slot of new Set(list.flatMap(({ writes }) => writes))) {
        const touching = list.flatMap((k, i) => ([...k.reads, ...k.writes].includes(slot) ? [first[i] ?? 0] : []));
        const { first: from, last: to } = lifetimes.get(slot) ?? { first: 0, last: 0 };
        expect(from).toBeGreaterThanOrEqual(Math.min(...touching));
        expect(to).toBeLessThanOrEqual(Math.max(...touching));
      }
    }),
  );
});

test('a value that is made from sources alone is made just before it is needed', () => {
  // slot 0 → 1 → 2 → 3; 3 needs 4, too, which is computed from the source 5
  const chain = [kernel([0], [1]), kernel([1], [2]), kernel([5], [4]), kernel([2, 4], [3])];
  expect(schedule(chain).lifetimes.get(4)).toEqual({ first: 1, last: 2 });
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

/** An update of a buffer by another one of the same length. */
const update = (target: number, by: number, length: number): Kernel => {
  const view = { shape: [length], strides: [1], offset: 0 };
  return lanes({
    name: `update ${length}`,
    key: 'update',
    shape: [length],
    loads: [{ operand: { slot: by, view }, type: 'f32x4' }],
    stores: [{ slot: target, view }],
    body: (_, values) => values,
    cost: 1,
  });
};

test('small kernels that do the same become one, in the last of their phases', () => {
  const list = [
    kernel([], [0]),
    update(10, 0, 7),
    kernel([0], [1]),
    update(11, 1, 9),
    kernel([1], [2]),
    update(12, 2, 1),
  ];
  const { phases, lifetimes } = schedule(list);
  expect(phases.map((phase) => phase.length)).toEqual([1, 1, 1, 1]);
  expect(phases[3]?.[0]?.writes).toEqual([10, 11, 12]);
  expect(lifetimes.get(0)).toEqual({ first: 0, last: 3 });
});

test('a kernel is not delayed if another needs its result, nor if it is large', () => {
  const read = [kernel([], [0]), update(10, 0, 7), kernel([0, 10], [1]), update(11, 1, 9)];
  expect(schedule(read).phases.map((phase) => phase.length)).toEqual([1, 1, 1, 1]);
  const large = [kernel([], [0]), update(10, 0, 20_000), kernel([0], [1]), update(11, 1, 20_000)];
  expect(schedule(large).phases.map((phase) => phase.length)).toEqual([1, 2, 1]);
});

test('a delayed kernel still comes before kernels that overwrite what it reads', () => {
  const list = [
    kernel([], [0]),
    update(10, 0, 7),
    kernel([10], [1]),
    kernel([1], [0]),
    update(11, 1, 9),
    kernel([11], [10]),
  ];
  const { phases } = schedule(list);
  const phaseOf = (slot: number): number[] =>
    phases.flatMap((phase, p) => (phase.some((k) => k.writes.includes(slot)) ? [p] : []));
  expect(phaseOf(10)[0]).toBeLessThan(phaseOf(1)[0]!);
  expect(Math.max(...phaseOf(11))).toBeLessThan(Math.max(...phaseOf(10)));
});

/** A kernel that divides the buffers `parts` among its tiles. */
const divided = (
  [reads, writes]: readonly [readonly number[], readonly number[]],
  parts: readonly number[],
  tiles: number,
  name: string,
): Kernel => ({
  ...kernel(reads, writes, name),
  tiles,
  addressList: [],
  codeKey: name,
  inParts: new Map(parts.map((slot) => [slot, 800_000])),
});

const dividedKernels = fc
  .array(fc.tuple(fc.tuple(slots, slots), slots, fc.constantFrom(16, 48, 96, 192)), { maxLength: 12 })
  .map((list) => list.map(([touched, parts, tiles], i) => divided(touched, parts, tiles, `${i}`)));

test('kernels in a chain divide the buffers that they exchange, and keep the order in which they were given', () => {
  fc.assert(
    fc.property(dividedKernels, (list) => {
      const order = schedule(list).phases.flatMap((phase, p) =>
        phase.flatMap((step, s) => step.name.split(' → ').map((name, at) => ({ k: list[Number(name)], p, s, at }))),
      );
      expect(new Set(order.map(({ k }) => k)).size).toBe(list.length);
      const placeOf = new Map(order.map(({ k, ...place }) => [k, place]));
      list.forEach((a, i) => {
        for (const b of list.slice(i + 1).filter((later) => touches(a, later))) {
          const [first, second] = [placeOf.get(a), placeOf.get(b)];
          if (!first || !second) throw new Error('a kernel is missing');
          if (first.p !== second.p) expect(first.p).toBeLessThan(second.p);
          else expect([first.s, first.at < second.at]).toEqual([second.s, true]);
          if (first.p !== second.p) continue;
          const met = [...a.reads, ...a.writes].filter((slot) => [...b.reads, ...b.writes].includes(slot));
          const shared = met.filter((slot) => a.writes.includes(slot) || b.writes.includes(slot));
          expect(shared.every((slot) => a.inParts?.has(slot) && b.inParts?.has(slot))).toBe(true);
        }
      });
    }),
  );
});

test('kernels are chained where that keeps a large buffer in cache', () => {
  const chain = [divided([[0], [1]], [0, 1], 96, 'a'), divided([[1], [2]], [1, 2], 192, 'b')];
  expect(schedule(chain).phases.map((phase) => phase.map(({ name }) => name))).toEqual([['a → b']]);
  const apart = [divided([[0], [1]], [0, 1], 96, 'a'), divided([[1], [2]], [2], 192, 'b')];
  expect(schedule(apart).phases.map((phase) => phase.map(({ name }) => name))).toEqual([['a'], ['b']]);
});
