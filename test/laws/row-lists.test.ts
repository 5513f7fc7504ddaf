// The laws of lists of rows: the gradient of a table is the same numbers as a list and dense, and a variable of which some rows
// are set keeps the others, also where its old value is still needed, compiled or not, on any number of threads.

import { team } from '@treadle/runtime';
import {
  compile,
  explain,
  gradients,
  lookUp,
  rowGradients,
  setRows,
  setThreads,
  shutdown,
  type Tensor,
  takeRows,
  tensor,
  type Variable,
  variable,
} from '@treadle/tensor';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { differenceOfData, noise } from '../support/bits.ts';

team.isAlwaysShared = true;
afterAll(shutdown);

const sizes = fc.constantFrom(1, 2, 5, 40);
const inner = fc.constantFrom<readonly number[]>([], [1], [3], [2, 2], [40]);
const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);

/** Numbers below n, of which some come again. */
const indicesOf = (length: number, n: number, seed: number): Int32Array<ArrayBuffer> =>
  Int32Array.from(noise(length, seed), (x) => Math.floor(((x + 2) / 4) * n));

/** What is looked up in a table, and what each vector of it counts for. */
interface LookUp {
  readonly indices: Tensor;
  readonly weights: Tensor;
}

function lookUps(n: number, shape: readonly number[], lengths: readonly number[], seed: number): LookUp[] {
  return lengths.map((k, i) => ({
    indices: tensor(indicesOf(k, n, seed + i)),
    weights: tensor(
      noise(k * sizeOf(shape), seed - i).map((x, at) => (at % 4 === 0 ? -0 : x)),
      { shape: [k, ...shape] },
    ),
  }));
}

/** Its gradient with respect to the table is the weights, added up. */
const weighted = (table: Tensor, all: readonly LookUp[]): Tensor =>
  all
    .map(({ indices, weights }) => lookUp('law', table, indices).mul(weights).sum())
    .reduce((sum, one) => sum.add(one));

describe('the gradient of a table', () => {
  const cases = fc.record({
    n: fc.constantFrom(1, 2, 5, 40, 200),
    shape: inner,
    lengths: fc.array(fc.constantFrom(1, 2, 7, 60), { minLength: 1, maxLength: 3 }),
    seed: fc.nat(1000),
  });

  test('is for each row that was looked up the sum that its list of rows has, to the bit, and 0 for the others', () => {
    for (const threads of [1, 2, 3]) {
      setThreads(threads);
      fc.assert(
        fc.property(cases, fc.boolean(), ({ n, shape, lengths, seed }, isCompiled) => {
          const all = lookUps(n, shape, lengths, seed);
          const table = variable(tensor(noise(n * sizeOf(shape), seed), { shape: [n, ...shape] }));
          const both = (looked: readonly LookUp[]): Tensor[] => {
            const [dense] = gradients(weighted(table, looked), [table]);
            const list = rowGradients(dense!);
            return list ? [dense!, list.sums, list.indices, list.firsts] : [dense!];
          };
          const [dense, sums, indices, firsts] = (isCompiled ? compile(both) : both)(all).map((t) => t.data());
          const length = lengths.reduce((sum, k) => sum + k, 0);
          const isList = lengths.length === 1 || length <= n; // otherwise it is the sum of several
          expect(indices?.length).toBe(isList ? length : undefined);
          if (!isList) return;
          const expected = new Float32Array(dense!.length);
          const width = sizeOf(shape);
          indices!.forEach((row, j) => {
            if (firsts![j] === j) expected.set(sums!.slice(j * width, (j + 1) * width), row * width);
          });
          expect(differenceOfData(Float32Array.from(dense!), expected)).toBeUndefined();
        }),
        { numRuns: 15 },
      );
    }
  });

  test('as a list passes gradients on: to each update that of the sum that it is part of', () => {
    const [table, weights] = [
      [9, 2],
      [20, 2],
    ].map((shape) => variable(tensor(noise(sizeOf(shape), 1), { shape })));
    const indices = indicesOf(20, 9, 1);
    const [dense] = gradients(lookUp('law', table!, tensor(indices)).mul(weights!).sum(), [table!]);
    const list = rowGradients(dense!)!;
    const dy = noise(40, 2);
    const [passed] = gradients(list.sums.mul(tensor(dy, { shape: [20, 2] })).sum(), [weights!]);
    const expected = Float32Array.from({ length: 40 }, (_, i) => dy[2 * indices.indexOf(indices[i >> 1]!) + (i % 2)]!);
    expect(differenceOfData(passed!.data(), expected)).toBeUndefined();
  });

  test('counts a list twice that comes twice, and others beside it once', () => {
    const table = variable(tensor(noise(80, 1), { shape: [40, 2] }));
    const [some, others] = lookUps(40, [2], [5, 5], 3);
    const looked = lookUp('law', table, some!.indices).mul(some!.weights);
    const loss = looked
      .add(looked)
      .sum()
      .add(weighted(table, [others!]));
    const [dense] = gradients(loss, [table]);
    const [once, other] = [some!, others!].map((one) => gradients(weighted(table, [one]), [table])[0]!);
    expect(differenceOfData(dense!.data(), once!.mul(2).add(other!).data())).toBeUndefined();
  });

  test('is no list where anything else adds to it, or no row was looked up', () => {
    const table = variable(tensor(noise(12, 1), { shape: [4, 3] }));
    const all = lookUps(4, [3], [5], 1);
    const [penalized] = gradients(weighted(table, all).add(table.square().sum()), [table]);
    expect(rowGradients(penalized!)).toBeUndefined();
    const [columns] = gradients(lookUp('law', table.transpose(), tensor([1, 2], { dtype: 'int32' })).sum(), [table]);
    expect(rowGradients(columns!)).toBeUndefined();
    const [none] = gradients(weighted(table, lookUps(4, [3], [0], 1)), [table]);
    expect(rowGradients(none!)).toBeUndefined();
    expect([...none!.data()]).toEqual(new Array(12).fill(0));
  });

  test('is filled with zeros once, however often a few rows are looked up', () => {
    const table = variable(tensor(noise(3000, 1), { shape: [1000, 3] }));
    const written = (times: number): number => {
      const all = lookUps(1000, [3], new Array<number>(times).fill(2), 1);
      return explain((looked: readonly LookUp[]) => gradients(weighted(table, looked), [table]))(all).bytesWritten;
    };
    expect(written(6)).toBeLessThan(1.5 * written(1));
  });
});

/** What becomes of a table as numbers. */
function withRows(table: Float32Array, indices: Int32Array, rows: Float32Array): Float32Array<ArrayBuffer> {
  const after = Float32Array.from(table);
  const width = rows.length / indices.length;
  indices.forEach((row, j) => {
    if (indices.indexOf(row) === j) after.set(rows.subarray(j * width, (j + 1) * width), row * width);
  });
  return after;
}

const firstsOf = (indices: Int32Array): Tensor => tensor(indices.map((row) => indices.indexOf(row)));

test('setRows and its gradients are exact: what is set has none for the old rows, what is not has none for the new ones', () => {
  const cases = fc.record({ n: sizes, shape: inner, k: fc.constantFrom(1, 2, 7, 60), seed: fc.nat(1000) });
  fc.assert(
    fc.property(cases, ({ n, shape, k, seed }) => {
      const width = sizeOf(shape);
      const [table, rows, dy] = [noise(n * width, seed), noise(k * width, seed + 1), noise(n * width, seed + 2)];
      const indices = indicesOf(k, n, seed);
      const [x, r] = [
        variable(tensor(table, { shape: [n, ...shape] })),
        variable(tensor(rows, { shape: [k, ...shape] })),
      ];
      const list = { indices: tensor(indices), firsts: firstsOf(indices) };
      const y = setRows(x, list, r);
      const [dx, dr] = gradients(y.mul(tensor(dy, { shape: [n, ...shape] })).sum(), [x, r]);
      expect(differenceOfData(y.data(), withRows(table, indices, rows))).toBeUndefined();
      const zeros = new Float32Array(rows.length);
      expect(differenceOfData(dx!.data(), withRows(dy, indices, zeros))).toBeUndefined();
      const expected = zeros.slice();
      indices.forEach((row, j) => {
        if (indices.indexOf(row) === j) expected.set(dy.subarray(row * width, (row + 1) * width), j * width);
      });
      expect(differenceOfData(dr!.data(), expected)).toBeUndefined();
    }),
    { numRuns: 60 },
  );
});

test('many rows that have tiles for several threads are summed and set with the same bits by any number of them', () => {
  const [n, width, k] = [20_000, 100, 4000];
  const [start, weights] = [noise(n * width, 1), noise(k * width, 2)];
  const indices = indicesOf(k, n, 3).map((row, j) => (j % 3 === 0 ? row % 50 : row));
  const expected = Float32Array.from(start);
  const sums = new Float32Array(n * width);
  indices.forEach((row, j) => {
    for (let c = 0; c < width; c++) sums[row * width + c]! += weights[j * width + c]!;
  });
  for (const row of new Set(indices)) {
    for (let i = row * width; i < (row + 1) * width; i++) expected[i] = Math.fround(expected[i]! - sums[i]!);
  }
  for (const threads of [1, 2, 3]) {
    setThreads(threads);
    const v = variable(tensor(start, { shape: [n, width] }));
    const step = compile((rows: Tensor, factors: Tensor) => {
      const list = rowGradients(gradients(lookUp('law', v, rows).mul(factors).sum(), [v])[0]!)!;
      v.assign(setRows(v, list, takeRows(v, list).sub(list.sums)));
    });
    step(tensor(indices), tensor(weights, { shape: [k, width] }));
    expect(differenceOfData(v.data(), expected)).toBeUndefined();
  }
});

describe('a variable whose rows are set', () => {
  /** Who else needs the old value of v, or the new one, and what they make of it. */
  const needs = {
    nobody: () => [],
    'a result that is the old value': ({ old }) => [old],
    'a result computed from the old value': ({ old }) => [old.mul(2)],
    'rows of the old value': ({ old, indices }) => [lookUp('law', old, indices)],
    'a result that is the new value': ({ v }) => [v.reshape([-1])],
    'a result computed from the new value': ({ v }) => [v.mul(3)],
    'rows of the new value': ({ v, indices }) => [lookUp('law', v, indices)],
    'more rows that are set': ({ v, indices }) => {
      const list = { indices: indices.add(1).mod(50), firsts: tensor([0, -1], { dtype: 'int32' }) };
      const pair = { ...list, indices: list.indices.slice([0], [2]) };
      v.assign(setRows(v, pair, takeRows(v, pair).add(0.5)));
      return [];
    },
    'another variable that becomes the old value': ({ old, other }) => {
      other.assign(old);
      return [];
    },
    'another variable that becomes the new value': ({ v, other }) => {
      other.assign(v);
      return [];
    },
  } satisfies Record<string, (given: Given) => readonly Tensor[]>;

  interface Given {
    readonly old: Tensor;
    readonly v: Variable;
    readonly other: Variable;
    readonly indices: Tensor;
  }

  test.each(Object.entries<(given: Given) => readonly Tensor[]>(needs))('keeps the others, also for %s', (_, need) => {
    const [n, width] = [50, 8];
    const cases = fc.record({
      counts: fc.array(fc.constantFrom(2, 3, 8), { minLength: 1, maxLength: 4 }),
      threads: fc.constantFrom(1, 2, 3),
      isCompiled: fc.boolean(),
      seed: fc.nat(1000),
    });
    fc.assert(
      fc.property(cases, ({ counts, threads, isCompiled, seed }) => {
        setThreads(threads);
        let [values, others] = [noise(n * width, seed), noise(n * width, seed + 1)];
        const whole = (data: Float32Array<ArrayBuffer>): Variable => variable(tensor(data, { shape: [n, width] }));
        const [v, other] = [whole(values), whole(others)];
        const once = (indices: Tensor, firsts: Tensor): readonly Tensor[] => {
          const old = v.reshape([n, width]);
          const list = { indices, firsts };
          v.assign(setRows(v, list, takeRows(v, list).mul(2).add(1)));
          return need({ old, v, other, indices });
        };
        const step = isCompiled ? compile(once) : once;
        counts.forEach((k, t) => {
          const indices = indicesOf(k, n, seed + t);
          const rows = Float32Array.from({ length: k * width }, (_unused, i) =>
            Math.fround(values[indices[Math.floor(i / width)]! * width + (i % width)]! * 2 + 1),
          );
          const after = withRows(values, indices, rows);
          const given = { old: whole(values), v: whole(after), other: whole(others), indices: tensor(indices) };
          const expected = need(given).map((x) => x.data());
          const results = step(given.indices, firstsOf(indices)).map((x) => x.data());
          values = Float32Array.from(given.v.data());
          others = Float32Array.from(given.other.data());
          [...results, v.data(), other.data()].forEach((got, i) => {
            expect(differenceOfData(got, [...expected, values, others][i]!)).toBeUndefined();
          });
        });
      }),
      { numRuns: 15 },
    );
  });

  test('is written in these rows alone where nobody else needs the old value', () => {
    const bytes = (n: number): readonly number[] => {
      const v = variable(tensor(noise(4 * n, 1), { shape: [n, 4] }));
      const list = { indices: tensor(indicesOf(5, n, 1)), firsts: tensor([0, 1, 2, 3, 4], { dtype: 'int32' }) };
      const plan = explain((indices: Tensor, firsts: Tensor) => {
        const rows = takeRows(v, { indices, firsts }).mul(2);
        v.assign(setRows(v, { indices, firsts }, rows));
      })(list.indices, list.firsts);
      return [plan.bytesRead, plan.bytesWritten, plan.arena.bytes];
    };
    expect(bytes(100_000)).toEqual(bytes(100));
  });
});
