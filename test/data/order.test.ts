// Laws of the order of rows: permutations, batches, splits, and the copying of rows.

import {
  batchCount,
  batches,
  commonRows,
  epochBatches,
  type PlainArray,
  permutation,
  splitRows,
  takeRows,
} from '@treadle/data';
import { ShapeError } from '@treadle/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const seeds = fc.maxSafeNat();
const counts = fc.integer({ min: 1, max: 300 });
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const sorted = (indices: Iterable<number>): number[] => [...indices].sort((a, b) => a - b);

describe('permutation', () => {
  test('has every index once, and is the same for the same seed and epoch', () => {
    fc.assert(
      fc.property(fc.nat(300), seeds, fc.nat(2 ** 32 - 1), (n, seed, epoch) => {
        const order = permutation(n, { seed, epoch });
        expect(sorted(order)).toEqual(range(n));
        expect(permutation(n, { seed, epoch })).toEqual(order);
      }),
    );
  });

  test('is different for another seed, also if only the upper 32 bits differ, and for another epoch', () => {
    fc.assert(
      fc.property(seeds, seeds, fc.nat(999), fc.nat(999), (seed, otherSeed, epoch, otherEpoch) => {
        fc.pre(seed !== otherSeed && epoch !== otherEpoch);
        const order = permutation(300, { seed, epoch }); // two of 300! orders are the same once in 10⁶¹⁴
        expect(permutation(300, { seed: otherSeed, epoch })).not.toEqual(order);
        expect(permutation(300, { seed, epoch: otherEpoch })).not.toEqual(order);
      }),
    );
    expect(permutation(300, { seed: 1 })).not.toEqual(permutation(300, { seed: 1 + 2 ** 32 }));
  });

  test('gives all orders of five equally often, over seeds and over epochs', () => {
    const draws = 120 * 200;
    for (const option of ['seed', 'epoch'] as const) {
      const seen = new Map<string, number>();
      for (let i = 0; i < draws; i++) {
        const key = permutation(5, { [option]: i }).join();
        seen.set(key, (seen.get(key) ?? 0) + 1);
      }
      const chiSquare = [...seen.values()].reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0);
      expect(seen.size).toBe(120);
      expect(chiSquare).toBeLessThan(119 + 5 * Math.sqrt(2 * 119)); // mean k and variance 2k for k degrees of freedom
      expect(chiSquare).toBeGreaterThan(119 - 5 * Math.sqrt(2 * 119));
    }
  });

  test('gives these orders for these seeds, in every version', () => {
    expect([...permutation(10, { seed: 1 })]).toEqual([9, 8, 2, 3, 7, 6, 0, 5, 1, 4]);
    expect([...permutation(10, { seed: 2 ** 52 + 5, epoch: 3 })]).toEqual([7, 8, 1, 6, 3, 2, 5, 9, 4, 0]);
  });

  test('refuses a seed, an epoch and a number of rows out of range', () => {
    expect(() => permutation(5, { seed: -1 })).toThrow(
      'permutation: seed must be a whole number from 0 to 2^53 − 1; got -1',
    );
    expect(() => permutation(5, { seed: 0.5 })).toThrow(RangeError);
    expect(() => permutation(5, { epoch: 2 ** 32, op: 'fit' })).toThrow(
      'fit: epoch must be a whole number from 0 to 2^32 − 1',
    );
    for (const n of [-1, 1.5, 2 ** 31, Number.NaN]) {
      expect(() => permutation(n)).toThrow(
        `permutation: the number of rows must be a whole number from 0 to 2^31 − 1; got ${n}`,
      );
    }
  });
});

describe('batches', () => {
  const options = fc.record({ shuffle: fc.boolean(), seed: seeds, epoch: fc.nat(99) });

  test('contain every row exactly once, and only the last batch may be shorter', () => {
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 400 }), options, (n, batchSize, how) => {
        const list = [...batches(n, batchSize, how)];
        expect(sorted(list.flatMap((batch) => [...batch]))).toEqual(range(n));
        expect(list.slice(0, -1).every((batch) => batch.length === batchSize)).toBe(true);
        expect(list.at(-1)?.length).toBe(n % batchSize || batchSize);
        expect(list.length).toBe(batchCount(n, batchSize));
      }),
    );
  });

  test('are consecutive parts of the shuffled order, or of the order of the rows', () => {
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 400 }), seeds, fc.nat(99), (n, batchSize, seed, epoch) => {
        const joined = (shuffle: boolean) =>
          [...batches(n, batchSize, { shuffle, seed, epoch })].flatMap((b) => [...b]);
        expect(joined(true)).toEqual([...permutation(n, { seed, epoch })]);
        expect(joined(false)).toEqual(range(n));
      }),
    );
  });

  test('with dropLast, lack the shorter batch and nothing else', () => {
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 300 }), options, (n, batchSize, how) => {
        fc.pre(batchSize <= n);
        const full = [...batches(n, batchSize, how)].filter((batch) => batch.length === batchSize);
        expect([...batches(n, batchSize, { ...how, dropLast: true })]).toEqual(full);
        expect(batchCount(n, batchSize, { dropLast: true })).toBe(full.length);
      }),
    );
  });

  test('refuse arguments out of range at the call, before the first batch is read', () => {
    for (const batchSize of [0, -1, 2.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => batches(10, batchSize)).toThrow(RangeError);
      expect(() => batches(10, batchSize, { op: 'fit' })).toThrow(
        `fit: batchSize must be a whole number above 0; got ${batchSize}`,
      );
    }
    expect(() => batches(0, 4)).toThrow('batches: data must have at least one row; got 0');
    expect(() => batches(3, 4, { dropLast: true })).toThrow(
      'batches: dropLast must leave at least one batch; got 3 rows and batchSize 4',
    );
  });
});

/** Row i is [i, i + ½, i + ½, …] in x, and i in y. */
function numbered(n: number, columns: number): { x: PlainArray<Float32Array>; y: PlainArray<Int32Array> } {
  const values = Float32Array.from(
    { length: n * columns },
    (_, i) => Math.floor(i / columns) + (i % columns ? 0.5 : 0),
  );
  return { x: { values, shape: [n, columns] }, y: { values: Int32Array.from(range(n)), shape: [n] } };
}

describe('splitRows', () => {
  test('the parts are disjoint and complete, and each row of x keeps its y', () => {
    const sizes = fc.integer({ min: 1, max: 999 }); // in thousandths
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 300 }),
        fc.integer({ min: 1, max: 3 }),
        sizes,
        seeds,
        (n, columns, thousandths, seed) => {
          const testRows = Math.ceil((n * thousandths) / 1000);
          fc.pre(testRows < n);
          const testSize = thousandths / 1000;
          const { x, y } = numbered(n, columns);
          const split = splitRows(x, y, { testSize, seed });
          expect(split.test.y.shape).toEqual([testRows]);
          expect(sorted([...split.train.y.values, ...split.test.y.values])).toEqual(range(n));
          for (const part of [split.train, split.test]) {
            expect(part.x.shape).toEqual([part.y.values.length, columns]);
            expect([...part.x.values]).toEqual(
              [...part.y.values].flatMap((i) => range(columns).map((c) => (c ? i + 0.5 : i))),
            );
          }
          expect(splitRows(x, y, { testSize, seed })).toEqual(split);
        },
      ),
    );
  });

  test('testSize is a fraction, rounded up without float64 noise, or a number of rows; 0.25 by default', () => {
    const { x, y } = numbered(100, 1);
    const held = (testSize?: number) => splitRows(x, y, { testSize }).test.y.shape[0];
    expect([held(0.07), held(0.071), held(7), held(1), held(99), held()]).toEqual([7, 8, 7, 1, 99, 25]);
  });

  test('a split with an empty part and unequal rows are errors', () => {
    const { x, y } = numbered(10, 2);
    for (const testSize of [0, -0.5, 10, 1.5, 0.95, Number.NaN]) {
      expect(() => splitRows(x, y, { testSize })).toThrow(
        `trainTestSplit: testSize must be a fraction or a number of rows that leaves rows in both parts; got ${testSize} for 10 rows`,
      );
    }
    expect(() => splitRows(x, numbered(9, 1).y, { op: 'fit' })).toThrow(
      'fit: x and y must have the same number of rows; got 10 and 9',
    );
  });
});

describe('commonRows', () => {
  test('returns the number of rows, or throws with the name of the caller', () => {
    expect(commonRows('fit', { shape: [100, 4] }, { shape: [100] })).toBe(100);
    expect(() => commonRows('fit', { shape: [2] }, { shape: [3] })).toThrow(ShapeError);
    expect(() => commonRows('fit', { shape: [100, 4] }, { shape: [99] })).toThrow(
      /^fit: x and y must have the same number of rows; got 100 and 99$/,
    );
    expect(() => commonRows('evaluate', { shape: [0, 4] }, { shape: [0] })).toThrow(
      /^evaluate: data must have at least one row; got 0$/,
    );
    expect(() => commonRows('fit', { shape: [1] }, { shape: [] })).toThrow(
      /^fit: y must have rows; got the shape \[\]$/,
    );
  });
});

describe('epochBatches', () => {
  test('are copies of the rows that batches lists', () => {
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 90 }), seeds, fc.nat(9), (n, batchSize, seed, epoch) => {
        const { x, y } = numbered(n, 2);
        const how = { shuffle: true, seed, epoch };
        const expected = [...batches(n, batchSize, how)];
        const list = [...epochBatches(x, y, batchSize, how)];
        expect(list.map((batch) => [...batch.y.values])).toEqual(expected.map((batch) => [...batch]));
        for (const batch of list) {
          expect(batch.x.shape).toEqual([batch.y.shape[0], 2]);
          expect([...batch.x.values]).toEqual([...batch.y.values].flatMap((i) => [i, i + 0.5]));
          expect(batch.x.values.buffer).not.toBe(x.values.buffer);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('refuse unequal rows at the call', () => {
    expect(() => epochBatches(numbered(3, 1).x, numbered(2, 1).y, 2)).toThrow(
      'batches: x and y must have the same number',
    );
  });
});

describe('takeRows', () => {
  test('copies source[indices[i]] to out[i] for rows of any length, and does not change the rest of out', () => {
    const lengths = fc.oneof(fc.nat(9), fc.integer({ min: 45, max: 51 }));
    const indices = fc.array(fc.nat(19), { maxLength: 40 });
    fc.assert(
      fc.property(lengths, indices, fc.nat(5), fc.boolean(), (length, list, spare, isFloat) => {
        const make = isFloat ? (n: number) => new Float32Array(n) : (n: number) => new Int32Array(n);
        const source = make(20 * length).map((_, i) => i + 1);
        const out = takeRows(source, length, Int32Array.from(list), make(list.length * length + spare).fill(-1));
        const expected = list.flatMap((index) => range(length).map((j) => index * length + j + 1));
        expect([...out]).toEqual([...expected, ...new Array(spare).fill(-1)]);
      }),
    );
  });

  test('refuses an index that is no row and an out that is too short, and then writes nothing', () => {
    const source = new Float32Array(12).fill(1);
    const out = new Float32Array(8);
    for (const index of [4, -1]) {
      expect(() => takeRows(source, 3, Int32Array.of(0, index), out)).toThrow(
        `takeRows: an index must name one of 4 rows; got ${index} at 1`,
      );
    }
    expect(() => takeRows(source, 3, Int32Array.of(0, 1, 2), out)).toThrow(
      'takeRows: out must hold 3 rows of 3; got 8 elements',
    );
    expect([...out]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });
});
