// The law of indices: one that does not exist is refused with the same error by everything that reads it, compiled or not,
// whatever the number of threads; nothing has been assigned then, and the next run is right.

import { ops } from '@treadle/graph';
import { embedding, flatten, type Layer } from '@treadle/nn';
import { team } from '@treadle/runtime';
import {
  compile,
  grad,
  gradients,
  inScope,
  lookUp,
  setThreads,
  shutdown,
  Tensor,
  tensor,
  type Variable,
  variable,
} from '@treadle/tensor';
import { sequential } from '@treadle/train';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { differenceOfData, noise } from '../support/bits.ts';
import { sizeOf } from '../support/reference.ts';

team.isAlwaysShared = true;
afterAll(shutdown);

const isLong = process.env.TREADLE_TEST_LONG !== undefined;
const numRuns = isLong ? 400 : 20;
const threadCounts = [1, 2, 3, 7];

/** So many runs altogether; a change of threads costs more than most runs. */
async function onAnyThreads<T>(property: fc.IAsyncProperty<T>, runs: number): Promise<void> {
  for (const threads of threadCounts) {
    setThreads(threads);
    await fc.assert(property, { numRuns: Math.ceil(runs / threadCounts.length) });
  }
}

/** Some of n, by number, the wrong ones among them. */
interface Numbers {
  readonly n: number;
  readonly shape: readonly number[];
  readonly values: readonly number[];
  readonly countsFromEnd: boolean;
}

const numbers = (shapes: fc.Arbitrary<readonly number[]>): fc.Arbitrary<Numbers> =>
  fc
    .record({
      n: fc.constantFrom(1, 3, 10, 300),
      shape: shapes,
      countsFromEnd: fc.boolean(),
      seed: fc.nat(),
      wrong: fc.array(fc.record({ at: fc.nat(), by: fc.constantFrom(1, 2, 500, 2 ** 31), isBelow: fc.boolean() }), {
        maxLength: 3,
      }),
    })
    .map(({ n, shape, countsFromEnd, seed, wrong }) => {
      const lowest = countsFromEnd ? -n : 0;
      const length = sizeOf(shape);
      const values = Array.from({ length }, (_, i) => lowest + ((i * 7919 + seed) % (n - lowest)));
      for (const { at, by, isBelow } of wrong) {
        if (length > 0)
          values[at % length] = isBelow ? Math.max(-(2 ** 31), lowest - by) : Math.min(2 ** 31 - 1, n - 1 + by);
      }
      return { n, shape, values, countsFromEnd };
    });

const anyShape = fc.oneof(
  fc.array(fc.constantFrom(0, 1, 2, 3, 5, 9), { maxLength: 3 }),
  fc.constantFrom([40_000], [17_000, 3]), // several tiles
);

/** What the error must say; undefined where all numbers exist. */
function complaint(op: string, { n, shape, values, countsFromEnd }: Numbers, layer = ''): string | undefined {
  const lowest = countsFromEnd ? -n : 0;
  const first = values.findIndex((index) => index < lowest || index >= n);
  if (first < 0) return undefined;
  let rest = first;
  const place = shape.toReversed().map((extent) => {
    const index = rest % extent;
    rest = Math.floor(rest / extent);
    return index;
  });
  const at = shape.length === 0 ? '' : ` at [${place.toReversed().join(', ')}]`;
  return `RangeError: ${op}: indices must be at least ${lowest} and less than ${n}; got ${values[first]}${at}${layer}`;
}

async function complaintOf(act: () => unknown): Promise<string | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    return String(error);
  }
}

/** The same numbers, computed: they are not known before a run. */
function computed({ shape, values }: Numbers): Tensor {
  return tensor(Int32Array.from(values), { shape }).add(tensor(new Int32Array(1)).squeeze(0));
}

/** Everything that reads indices, as a function of a table [n, 4] and indices. */
const readers: Readonly<Record<string, (table: Tensor, indices: Tensor, n: number) => Tensor>> = {
  gather: (table, indices) => table.gather(indices),
  'gather along the last axis': (table, indices) => table.transpose().gather(indices, 1),
  'the gradient of gather, which alone is wanted': (table, indices) => grad((x) => x.gather(indices).sum())(table),
  'gather of its own result': (table, indices) => table.gather(indices).sum(-1).mul(0).cast('int32').add(indices),
};

test.each(Object.entries(readers))(
  '%s refuses the first index that does not exist, however it is run',
  async (_, read) => {
    const property = fc.asyncProperty(numbers(anyShape), async (one) => {
      const given = { ...one, countsFromEnd: true };
      const table = tensor(noise(given.n * 4, 1), { shape: [given.n, 4] });
      const expected = complaint('gather', given);
      const compiled = compile((x: Tensor, i: Tensor) => read(x, i, given.n));
      const known = tensor(Int32Array.from(given.values), { shape: given.shape });
      const ways = [
        () => read(table, known, given.n).data(),
        () => read(table, computed(given), given.n).data(),
        () => read(table, computed(given), given.n).read(),
        () => compiled(table, known).data(),
        () => compiled(table, computed(given)).data(),
        async () => (await compiled.runAsync(table, computed(given))).data(),
      ];
      for (const way of ways) expect(await complaintOf(way)).toBe(expected);
      // What was refused before is right with other indices.
      const zeros = tensor(new Int32Array(known.size), { shape: given.shape });
      expect(differenceOfData(compiled(table, zeros).data(), read(table, zeros, given.n).data())).toBeUndefined();
    });
    await onAnyThreads(property, numRuns);
  },
);

test('scatterAdd and looking up by number refuse what is below 0, and floats that are no number', async () => {
  const floats = fc.constantFrom(0, 0.5, -0.5, 2, 2.9, 3, -1, 1e20, Number.NaN, Number.POSITIVE_INFINITY);
  const property = fc.asyncProperty(fc.array(floats, { maxLength: 20 }), numbers(anyShape), async (values, one) => {
    const table = tensor(noise(3 * 2, 1), { shape: [3, 2] });
    const wrong = values.findIndex((x) => !(Math.trunc(x) >= 0 && Math.trunc(x) < 3));
    const rule = 'RangeError: words: indices must be at least 0 and less than 3';
    const expected = wrong < 0 ? undefined : `${rule}; got ${Math.fround(values[wrong]!)} at [${wrong}], in layer a/b`;
    const look = (x: Tensor, i: Tensor) => inScope('a', () => inScope('b', () => lookUp('words', x, i)));
    const known = tensor(Float32Array.from(values));
    expect(await complaintOf(() => look(table, known).data())).toBe(expected);
    expect(await complaintOf(() => look(table, known.mul(1)).data())).toBe(expected);
    expect(await complaintOf(() => compile(look)(table, known))).toBe(expected);
    const given = { ...one, countsFromEnd: false };
    const updates = tensor(noise(sizeOf(given.shape) * 2, 2), { shape: [...given.shape, 2] });
    const add = (i: Tensor) => new Tensor(ops.scatterAdd(updates.node, i.node, given.n));
    expect(await complaintOf(() => add(computed(given)).data())).toBe(complaint('scatterAdd', given));
  });
  await onAnyThreads(property, numRuns);
});

test('call, predict, evaluate and fit of a model name the layer that was given what does not exist', async () => {
  const model = (): ReturnType<typeof sequential> =>
    sequential([
      embedding(5, 2, { inputShape: [2] }),
      flatten() as Layer,
      embedding(10, 2, { name: 'second' }),
      flatten(),
    ]);
  const property = fc.asyncProperty(
    fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { minLength: 3, maxLength: 9 }),
    fc.option(fc.tuple(fc.nat(), fc.nat(1), fc.constantFrom(5, 9, 500, -1, -500)), { nil: undefined }),
    fc.constantFrom('float32' as const, 'int32' as const),
    async (rows, wrong, dtype) => {
      const words = rows.map((row) => [...row]);
      if (wrong) words[wrong[0] % words.length]![wrong[1]] = wrong[2];
      const net = model();
      net.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
      const rule = 'embedding: indices must be at least 0 and less than 5';
      const expected = wrong
        ? new RegExp(`^RangeError: ${rule}; got ${wrong[2]} at .*, in layer embedding$`)
        : /^undefined$/;
      const x = tensor(words, { dtype });
      const y = tensor(noise(words.length * 8, 1), { shape: [words.length, 8] });
      const before = net.variables.map((v) => v.data());
      expect(String(await complaintOf(() => net.call(x).data()))).toMatch(expected);
      expect(String(await complaintOf(() => net.call(x.add(0).cast(dtype)).data()))).toMatch(expected);
      expect(String(await complaintOf(() => net.predict(x, { batchSize: 2 })))).toMatch(expected);
      expect(String(await complaintOf(() => net.evaluate(x, y, { batchSize: 2 })))).toMatch(expected);
      expect(
        String(await complaintOf(() => net.fit(x, y, { batchSize: words.length, epochs: 1, verbose: 0 }))),
      ).toMatch(expected);
      if (wrong) {
        net.variables.forEach((v, i) => {
          expect(differenceOfData(v.data(), before[i]!)).toBeUndefined();
        });
      }
      const right = tensor(
        rows.map((row) => [...row]),
        { dtype },
      );
      expect((await net.predict(right)).shape).toEqual([rows.length, 8]);
    },
  );
  await onAnyThreads(property, numRuns);
}, 120_000);

/** Changes of some variables [6], with indices between them that are right or wrong. */
type Change = {
  readonly target: number;
  readonly from: number;
  readonly kind: 'add' | 'copy' | 'gather' | 'scatter' | 'wide';
};
const changes = fc.array(
  fc.record({
    target: fc.nat(3),
    from: fc.nat(3),
    kind: fc.constantFrom<Change['kind'][]>('add', 'copy', 'gather', 'scatter', 'wide'),
  }),
  { minLength: 1, maxLength: 8 },
);

function change(variables: readonly Variable[], { target, from, kind }: Change, indices: Tensor): void {
  const [to, x] = [variables[target]!, variables[from]!];
  if (kind === 'add') to.assign(x.add(1));
  else if (kind === 'copy') to.assign(x);
  else if (kind === 'gather') to.assign(x.gather(indices));
  else if (kind === 'scatter') to.assign(gradients(x.gather(indices).mul(to).sum(), [x])[0]);
  // indices that follow from a variable that was written before
  else to.assign(x.gather(x.mul(0).cast('int32').add(indices)));
}

test('where a compiled step refuses an index, its variables are as they were to the bit, and the next step is right', async () => {
  const property = fc.asyncProperty(
    changes,
    fc.array(fc.integer({ min: -6, max: 5 }), { minLength: 6, maxLength: 6 }),
    fc.nat(5),
    fc.constantFrom(6, -7, 1e6),
    fc.boolean(),
    async (list, good, at, wrong, isAsync) => {
      const make = (): Variable[] => [1, 2, 3, 4].map((seed) => variable(tensor(noise(6, seed))));
      const [ours, twins] = [make(), make()];
      const all = (variables: readonly Variable[], indices: Tensor): void => {
        for (const one of list) change(variables, one, indices);
      };
      const step = compile((indices: Tensor) => all(ours, indices));
      const bad = tensor(Int32Array.from(good.with(at, wrong)));
      const before = ours.map((v) => v.data());
      const reads = list.some(({ kind }) => kind !== 'add' && kind !== 'copy');
      const said = await complaintOf(() => (isAsync ? step.runAsync(bad) : step(bad)));
      const numbers = { n: 6, shape: [6], values: [...bad.data()], countsFromEnd: true };
      if (said !== undefined) {
        expect(reads).toBe(true);
        expect(said).toBe(complaint('gather', numbers));
        ours.forEach((v, i) => {
          expect(differenceOfData(v.data(), before[i]!)).toBeUndefined();
        });
      } else {
        // whatever a wrong index chose was overwritten before anybody saw it
        twins.forEach((v, i) => {
          v.assign(ours[i]!.data());
        });
      }
      step(tensor(Int32Array.from(good)));
      all(twins, tensor(Int32Array.from(good)));
      ours.forEach((v, i) => {
        expect(differenceOfData(v.data(), twins[i]!.data())).toBeUndefined();
      });
    },
  );
  await onAnyThreads(property, isLong ? 2000 : 60);
});

test('an assignment that is refused takes no other with it, nor what is computed beside it', () => {
  const [a, b, c] = [variable([1, 2]), variable([3, 4]), variable([5, 6])];
  const beyond = tensor(Int32Array.of(1, 1)).add(1);
  const [x, y] = [tensor([1, 2]).mul(3), b.mul(10)];
  a.assign(b.add(1));
  b.assign(c.gather(beyond));
  c.assign([7, 8]);
  expect(() => x.data()).toThrow(RangeError);
  expect([x, y, a, b, c].map((v) => v.toArray())).toEqual([
    [3, 6],
    [30, 40],
    [4, 5],
    [3, 4],
    [7, 8],
  ]);
  b.assign(c.add(1));
  expect([b.toArray(), y.toArray()]).toEqual([
    [8, 9],
    [30, 40],
  ]);
});

test('rows that a run does not have are not checked, though their memory holds what was refused before', async () => {
  const property = fc.asyncProperty(
    fc.integer({ min: 2, max: 40 }),
    fc.nat(),
    fc.constantFrom([], [3]),
    async (rows, seed, rest) => {
      const table = tensor(noise(10 * 4, 1), { shape: [10, 4] });
      const f = compile((i: Tensor) => table.gather(i).sum(-1), { capacity: (count) => count });
      const length = rows * sizeOf(rest);
      const wrong = tensor(new Int32Array(length).fill(10), { shape: [rows, ...rest] });
      expect(() => f(wrong)).toThrow(/^gather: .*; got 10 at/);
      const fewer = 1 + (seed % rows);
      const right = tensor(new Int32Array(fewer * sizeOf(rest)).fill(9), { shape: [fewer, ...rest] });
      expect(differenceOfData(f(right).data(), table.gather(right).sum(-1).data())).toBeUndefined();
    },
  );
  await onAnyThreads(property, numRuns);
});
