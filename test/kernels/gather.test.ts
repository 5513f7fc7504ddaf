// The laws of gather and of its adjoint, scatter-add: exact, also where indices repeat, for all views and tiles.

import { gather, scatterAdd } from '@treadle/kernels';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runKernels } from '../support/run-kernels.ts';
import { dense, floats, integers, operand, placed, positions, sameBits, shuffled } from './views.ts';

const size = fc.constantFrom(1, 1, 2, 3, 7, 8, 12, 20, 33);
const cases = fc
  .record({
    outer: fc.constantFrom(0, 1, 1, 2, 5),
    n: size,
    count: fc.constantFrom(0, 1, 2, 5, 30, 300),
    inner: fc.constantFrom(0, 1, 2, 3, 4, 5, 8, 9, 16, 23, 100),
  })
  .chain(({ outer, n, count, inner }) =>
    fc.record({
      indices: placed([count], { repeating: true }),
      table: placed([outer, n, inner], { repeating: false }),
      rows: placed([outer, count, inner], { repeating: false }),
      repeatedTable: placed([outer, n, inner], { repeating: true }),
      repeatedRows: placed([outer, count, inner], { repeating: true }),
      seed: fc.integer(),
    }),
  );

/** Mostly valid, some beyond either end. */
const numbers = (length: number, n: number, seed: number): Int32Array =>
  integers(length, seed, n + 1).map((i, at) => (at % 7 === 3 ? i : Math.abs(i) % n));
const clamp = (index: number, n: number): number => Math.min(n - 1, Math.max(0, index));

test('gather copies the rows that the indices name; an index out of range names the nearest row', () => {
  fc.assert(
    fc.property(cases, fc.option(fc.nat()), ({ indices, repeatedTable: source, rows: store, seed }, some) => {
      const [outer, n, inner] = source.view.shape as [number, number, number];
      const input = floats(source.length, seed);
      const picked = numbers(indices.length, n, seed);
      const before = new Float32Array(store.length).fill(7);
      const kernel = gather({
        name: 'gather',
        source: operand(0, source),
        indices: operand(1, indices),
        store: operand(2, store),
        count: some === null ? undefined : { slot: 3, view: { shape: [], strides: [], offset: 0 } },
      });
      const there = some === null ? n : 1 + (some % n); // rows from there on are not read
      const after = runKernels([kernel], new Map([input, picked, before, Int32Array.of(there)].entries()), {
        order: shuffled(seed),
      });
      const [from, at, to] = [positions(source.view), positions(indices.view), positions(store.view)];
      const expected = before.slice();
      for (let i = 0; i < to.length; i++) {
        const [o, j, c] = [Math.floor(i / (at.length * inner)), Math.floor(i / inner) % at.length, i % inner];
        expected[to[i]!] = input[from[(o * n + clamp(picked[at[j]!]!, there)) * inner + c]!]!;
      }
      expect(to.length).toBe(outer * at.length * inner);
      sameBits(after.get(2)!, expected, 'store');
    }),
    { numRuns: 300 },
  );
});

test('scatterAdd adds rows in the order of the indices, from zero', () => {
  fc.assert(
    fc.property(cases, fc.constantFrom('f32x4' as const, 'i32x4' as const), (one, type) => {
      const { indices, repeatedRows: updates, table: store, seed } = one;
      const [, n, inner] = store.view.shape as [number, number, number];
      const [make, round] =
        type === 'f32x4' ? ([floats, Math.fround] as const) : ([integers, (x: number) => x | 0] as const);
      const added = make(updates.length, seed);
      const picked = numbers(indices.length, n, seed);
      const before = make(store.length, seed + 1);
      const kernel = scatterAdd({
        name: 'scatter',
        type,
        indices: operand(0, indices),
        updates: operand(1, updates),
        store: operand(2, store),
      });
      const after = runKernels([kernel], new Map([picked, added, before].entries()), { order: shuffled(seed) });
      const [at, from, to] = [positions(indices.view), positions(updates.view), positions(store.view)];
      const expected = before.slice();
      for (const place of to) expected[place] = 0;
      for (let i = 0; i < from.length; i++) {
        const [o, j, c] = [Math.floor(i / (at.length * inner)), Math.floor(i / inner) % at.length, i % inner];
        const place = to[(o * n + clamp(picked[at[j]!]!, n)) * inner + c]!;
        expected[place] = round(expected[place]! + added[from[i]!]!);
      }
      sameBits(after.get(2)!, expected, 'store');
    }),
    { numRuns: 300 },
  );
});

test('scatterAdd has several tiles where there are enough columns', () => {
  const store = operand(2, dense([1, 1000, 256]));
  const updates = operand(1, dense([1, 4000, 256]));
  expect(scatterAdd({ name: 'scatter', type: 'f32x4', indices: operand(0, dense([4000])), updates, store }).tiles).toBe(
    8,
  );
});
