// The laws of lists of rows: where an index occurs first, sums of repeated rows in the order of the list, and rows that are
// written while all others stay.

import { firstOccurrences, hashSize, setRows, sumRepeated } from '@treadle/kernels';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runKernels } from '../support/run-kernels.ts';
import { dense, floats, integers, operand, placed, positions, sameBits, shuffled } from './views.ts';

const lengths = fc.constantFrom(1, 2, 3, 5, 8, 30, 300);
const widths = fc.constantFrom(0, 1, 2, 3, 4, 5, 8, 9, 16, 23, 100);

/** Numbers of which each comes about twice, some far apart and some below 0. */
const repeating = (length: number, seed: number): Int32Array =>
  integers(length, seed, Math.max(1, length >> 1)).map((i) => (i % 3 === 0 ? i * 7_340_033 : i));

const firstsOf = (numbers: ArrayLike<number>): Int32Array =>
  Int32Array.from(numbers, (x) => Array.prototype.indexOf.call(numbers, x));

/** Where only some entries are there: how many, and of how many. */
const some = (k: number) =>
  fc.option(
    fc
      .constantFrom(...[1, 2, 3].filter((times) => k % times === 0))
      .chain((times) => fc.record({ of: fc.constant(k / times), count: fc.integer({ min: 1, max: k / times }) })),
  );

test('firstOccurrences finds for each index the position of the first equal one, also where hashes collide', () => {
  const cases = lengths.chain((k) =>
    fc.record({
      source: placed([k], { repeating: true }),
      store: placed([k], { repeating: false }),
      there: some(k),
      seed: fc.integer(),
      clashing: fc.boolean(),
    }),
  );
  fc.assert(
    fc.property(cases, ({ source, store, there, seed, clashing }) => {
      const k = source.view.shape[0]!;
      // numbers of one entry of the hash table: the inverse of 0x9e3779b1 modulo 2³² makes neighbours of them
      const all = repeating(source.length, seed).map((x) => (clashing ? Math.imul(x, 0x0e8b2f51) : x));
      const table = new Int32Array(hashSize(k)).fill(-1);
      const before = new Int32Array(store.length).fill(-7);
      const kernel = firstOccurrences({
        name: 'firsts',
        indices: operand(0, source),
        store: operand(1, store),
        table: 2,
        present: there ? { slot: 3, of: there.of } : undefined,
      });
      const count = new Int32Array([there?.count ?? 0]);
      const after = runKernels([kernel], new Map([all, before, table, count].entries()));
      const [from, to] = [positions(source.view), positions(store.view)];
      const firsts = firstsOf(Array.from(from, (at) => all[at]!));
      const expected = before.slice();
      const end = there ? (there.count * k) / there.of : k;
      for (let j = 0; j < end; j++) expected[to[j]!] = firsts[j]!;
      sameBits(after.get(1)!, expected, 'store');
    }),
    { numRuns: 200 },
  );
});

test('sumRepeated adds the rows of equal indices in the order of the list, from zero, and stores zeros elsewhere', () => {
  const cases = fc.tuple(lengths, widths).chain(([k, inner]) =>
    fc.record({
      rows: placed([k, inner], { repeating: true }),
      store: placed([k, inner], { repeating: false }),
      there: some(k),
      seed: fc.integer(),
    }),
  );
  fc.assert(
    fc.property(cases, ({ rows, store, there, seed }) => {
      const [k, inner] = rows.view.shape as [number, number];
      const added = floats(rows.length, seed).map((x, i) => (i % 5 === 0 ? -0 : x));
      const firsts = firstsOf(repeating(k, seed));
      const before = floats(store.length, seed + 1);
      const kernel = sumRepeated({
        name: 'sums',
        rows: operand(0, rows),
        firsts: operand(1, dense([k])),
        store: operand(2, store),
        present: there ? { slot: 3, of: there.of } : undefined,
      });
      const count = new Int32Array([there?.count ?? 0]);
      const after = runKernels([kernel], new Map([added, firsts, before, count].entries()), { order: shuffled(seed) });
      const [from, to] = [positions(rows.view), positions(store.view)];
      const expected = before.slice();
      const end = there ? (there.count * k) / there.of : k;
      for (let j = 0; j < end; j++) {
        for (let c = 0; c < inner; c++) {
          const sum = to[firsts[j]! * inner + c]!;
          expected[to[j * inner + c]!] = 0;
          expected[sum] = Math.fround(expected[sum]! + added[from[j * inner + c]!]!);
        }
      }
      sameBits(after.get(2)!, expected, 'store');
    }),
    { numRuns: 200 },
  );
});

test('setRows writes the rows whose index occurs first, for every order of tiles, and no others', () => {
  const cases = fc.tuple(lengths, widths, fc.constantFrom(1, 2, 7, 40)).chain(([k, inner, n]) =>
    fc.record({
      rows: placed([k, inner], { repeating: true }),
      store: placed([n, inner], { repeating: false }),
      count: fc.option(fc.integer({ min: 1, max: k })),
      skipped: fc.nat({ max: 4 }),
      seed: fc.integer(),
    }),
  );
  fc.assert(
    fc.property(cases, ({ rows, store, count, skipped, seed }) => {
      const [[k, inner], [n]] = [rows.view.shape as [number, number], store.view.shape as [number]];
      const moved = floats(rows.length, seed);
      const before = floats(store.length, seed + 1);
      const indices = integers(k, seed, n).map((i) => Math.abs(i) % n);
      const firsts = firstsOf(indices).map((first, j) => (j % 5 === skipped ? -1 : first));
      const kernel = setRows({
        name: 'set',
        rows: operand(0, rows),
        indices: operand(1, dense([k])),
        firsts: operand(2, dense([k])),
        store: operand(3, store),
        count: count === null ? undefined : 4,
      });
      const buffers = new Map([moved, indices, firsts, before, Int32Array.of(count ?? 0)].entries());
      const after = runKernels([kernel], buffers, { order: shuffled(seed) });
      const [from, to] = [positions(rows.view), positions(store.view)];
      const expected = before.slice();
      for (let j = 0; j < (count ?? k); j++) {
        if (firsts[j] !== j) continue;
        for (let c = 0; c < inner; c++) expected[to[indices[j]! * inner + c]!] = moved[from[j * inner + c]!]!;
      }
      sameBits(after.get(3)!, expected, 'store');
      expect(kernel.work.bytesWritten).toBe(4 * k * inner);
    }),
    { numRuns: 200 },
  );
});
