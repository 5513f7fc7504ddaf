// Siblings: elementwise kernels that read one value, or that compute parts of one concat, become one kernel, which writes the parts
// straight to their places. Every value keeps the bits that it has when it is computed alone.

import { compile, concat, explain, setThreads, type Tensor, tensor, variable } from '@treadle/tensor';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { difference, noise } from '../support/bits.ts';

const filled = (shape: readonly number[], seed: number): Tensor =>
  tensor(
    noise(
      shape.reduce((product, extent) => product * extent, 1),
      seed,
    ),
    { shape },
  );

/** What a part is computed from: the value that others read as well, or only the inputs. */
const parts: Readonly<Record<string, (shared: Tensor, x: Tensor, y: Tensor) => Tensor>> = {
  product: (shared, x) => shared.mul(x),
  tanh: (shared) => shared.tanh(),
  shared: (shared) => shared,
  row: (shared, x) => shared.sub(x.max(-1, { keepDims: true })),
  other: (_, x, y) => x.mul(y).exp(),
  input: (_, x) => x,
  halves: (shared, _, y) => shared.mul(y).cast('float16').cast('float32'),
};
const names = fc.constantFrom(...Object.keys(parts));

/** Who else needs a part. */
const uses = fc.constantFrom('nothing', 'nothing', 'a result', 'the same concat', 'a kernel', 'a variable');

const programs = fc.record({
  shape: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
  columns: fc.integer({ min: 1, max: 70 }),
  axis: fc.nat({ max: 3 }),
  chosen: fc.array(fc.record({ name: names, use: uses }), { minLength: 1, maxLength: 6 }),
  threads: fc.constantFrom(1, 2, 3),
});

test('values that are computed together have the bits of values computed alone', () => {
  fc.assert(
    fc.property(programs, ({ shape: rows, columns, axis, chosen, threads }) => {
      setThreads(threads);
      const shape = [...rows, columns];
      const [x, y] = [filled(shape, 1), filled(shape, 2)];
      const state = variable(filled(shape, 3));
      const f = (each: (t: Tensor) => Tensor) => (a: Tensor, b: Tensor) => {
        const shared = each(a.mul(b).add(each(a.sigmoid())));
        const made = chosen.map(({ name, use }) => ({ use, part: each(parts[name]!(shared, a, b)) }));
        const all = made.flatMap(({ use, part }) => (use === 'the same concat' ? [part, part] : [part]));
        const results = [each(concat(all, axis % shape.length))];
        for (const { use, part } of made) {
          if (use === 'a result') results.push(part);
          if (use === 'a kernel') results.push(each(part.sum(-1)));
          if (use === 'a variable') state.assign(part);
        }
        return [...results, each(state.mul(1))];
      };
      const alone = f((t) => t.realize())(x, y);
      state.assign(filled(shape, 3));
      const together = compile(f((t) => t))(x, y);
      expect(together.map((t, i) => difference(t, alone[i]!))).toEqual(alone.map(() => undefined));
    }),
    { numRuns: process.env.TREADLE_TEST_LONG ? 2000 : 150 },
  );
});

test('what only a concat reads is not copied', () => {
  const f = (x: Tensor, y: Tensor) => {
    const shared = x.mul(y).tanh();
    return concat([shared.mul(x), x, shared.mul(y), shared.exp()], 1);
  };
  const { kernels } = explain(f)(filled([64, 20], 1), filled([64, 20], 2));
  expect(kernels.map(({ ops }) => ops)).toEqual([['mul', 'tanh', 'mul', 'mul', 'exp'], []]);
});
