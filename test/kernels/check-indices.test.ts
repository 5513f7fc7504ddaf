// The laws of checking indices: indices are counted from the front; the first one that does not exist is found for every order of
// tiles; indices beyond the valid ones are not checked.

import { checkIndices, readRecord } from '@treadle/kernels';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runKernels } from '../support/run-kernels.ts';
import { operand, placed, positions, shuffled, sizeOf } from './views.ts';

const wrongIntegers = (n: number, lowest: number): readonly number[] => [n, lowest - 1, 2 ** 31 - 1, -(2 ** 31)];
const wrongFloats = (n: number, lowest: number): readonly number[] => [
  n,
  n + 0.5,
  lowest - 1,
  1e10,
  -1e10,
  Number.NaN,
  Number.POSITIVE_INFINITY,
];

const cases = fc
  .record({
    shape: fc.oneof(
      fc.array(fc.constantFrom(0, 1, 2, 3, 5, 8, 17), { maxLength: 3 }),
      fc.constantFrom([40_000], [3, 30_000], [30_000, 3]), // several tiles
    ),
    n: fc.constantFrom(1, 2, 7, 1000),
    type: fc.constantFrom('f32x4' as const, 'i32x4' as const),
    countsFromEnd: fc.boolean(),
    seed: fc.nat(),
  })
  .chain((one) =>
    fc.record({
      one: fc.constant(one),
      source: placed(one.shape, { repeating: true }),
      store: placed(one.shape, { repeating: false }),
      bad: fc.array(fc.record({ at: fc.nat(), kind: fc.nat(6) }), { maxLength: 4 }),
      /** how many of the rows count; all without it */
      rows: fc.option(fc.nat(), { nil: undefined }),
    }),
  );

test('indices are counted from the front, and of the valid ones the first that does not exist is found', () => {
  const property = fc.property(cases, ({ one: { shape, n, type, countsFromEnd, seed }, source, store, bad, rows }) => {
    const lowest = countsFromEnd ? -n : 0;
    const isFloat = type === 'f32x4';
    const wrong = isFloat ? wrongFloats(n, lowest) : wrongIntegers(n, lowest);
    const range = n - lowest;
    const made = Array.from({ length: source.length }, (_, i) => lowest + ((i * 7919 + seed) % range));
    const from = isFloat ? Float32Array.from(made) : Int32Array.from(made);
    const at = positions(source.view);
    for (const { at: where, kind } of bad)
      if (at.length > 0) from[at[where % at.length]!] = wrong[kind % wrong.length]!;
    const of = shape[0] ?? 1;
    const count = rows === undefined || of === 0 ? of : 1 + (rows % of);
    const record = Int32Array.of(0, 0);
    const error = (): Error => new RangeError();
    const kernel = checkIndices({
      name: 'indices',
      type,
      n,
      countsFromEnd,
      source: operand(0, source),
      store: operand(1, store),
      refusal: { slot: 2, error },
      present: rows === undefined || of === 0 ? undefined : { slot: 3, of },
    });
    const buffers = [from, new Int32Array(store.length).fill(77), record, Int32Array.of(count)];
    const after = runKernels([kernel], new Map(buffers.entries()), { order: shuffled(seed) });
    const values = Array.from(at, (place) => from[place]!);
    const counting = (count * sizeOf(shape)) / Math.max(1, of);
    const first = values.findIndex((x, i) => i < counting && !(Math.trunc(x) >= lowest && Math.trunc(x) < n));
    const found = readRecord(after.get(2)![0]!, after.get(2)![1]!);
    expect(found?.position ?? -1).toBe(first);
    if (found) {
      const bits = Int32Array.of(found.bits);
      expect(isFloat ? new Float32Array(bits.buffer)[0] : bits[0]).toBe(values[first]);
    }
    const to = positions(store.view);
    for (let i = 0; i < counting; i++) {
      const index = Math.trunc(values[i]!);
      if (!(index >= lowest && index < n)) continue;
      if (after.get(1)![to[i]!] !== (index < 0 ? index + n : index)) {
        expect.fail(`index ${i}, ${values[i]} of ${n}, is ${after.get(1)![to[i]!]}`);
      }
    }
  });
  fc.assert(property, { numRuns: 300 });
});
