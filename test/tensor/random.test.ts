// Random tensors: what a number depends on, and how numbers are spread.

import {
  compile,
  randomNormal,
  randomUniform,
  setSeed,
  setThreads,
  shutdown,
  type Tensor,
  variable,
} from '@treadle/tensor';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { refused } from './refusal.ts';

afterAll(shutdown);

test('equal seeds give equal numbers, different seeds different ones', () => {
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 31 }), fc.nat({ max: 2 ** 31 }), (a, b) => {
      const draw = (seed: number) =>
        `${randomNormal([5], { seed }).toArray()} ${randomUniform([5], { seed }).toArray()}`;
      expect(draw(a)).toBe(draw(a));
      expect(draw(a) === draw(b)).toBe(a === b);
    }),
    { numRuns: 30 },
  );
});

test('setSeed restarts the sequence of tensors, and no two are equal', () => {
  const draw = () => [randomUniform([4]), randomNormal([4]), randomUniform([4])].map((t) => String(t.toArray()));
  setSeed(11);
  const [first, next] = [draw(), draw()];
  setSeed(11);
  expect(draw()).toEqual(first);
  expect(new Set([...first, ...next]).size).toBe(6);
});

test('a number depends on its position alone: not on threads, nor on the size of the tensor', () => {
  const all = [1, 2, 3].map((threads) => {
    setThreads(threads);
    return randomUniform([200_000], { seed: 1 }).data();
  });
  expect(all[1]).toEqual(all[0]);
  expect(all[2]).toEqual(all[0]);
  expect(randomUniform([1000], { seed: 1 }).data()).toEqual(all[0]!.slice(0, 1000));
});

test('numbers are in their range, and have the moments of their distribution', () => {
  const n = 200_000;
  const uniform = randomUniform([n], { seed: 3, min: -2, max: 5 }).data();
  expect(uniform.every((x) => x >= -2 && x < 5)).toBe(true);
  const normal = randomNormal([n], { seed: 4, mean: 3, stddev: 2 }).data();
  const mean = (x: ArrayLike<number>, f: (v: number) => number) =>
    Array.from(x, f).reduce((a, b) => a + b, 0) / x.length;
  // six standard deviations of each estimate
  expect(Math.abs(mean(uniform, (x) => x) - 1.5)).toBeLessThan((6 * 7) / Math.sqrt(12 * n));
  expect(Math.abs(mean(normal, (x) => x) - 3)).toBeLessThan((6 * 2) / Math.sqrt(n));
  expect(Math.abs(mean(normal, (x) => (x - 3) ** 2) - 4)).toBeLessThan((6 * 4 * Math.SQRT2) / Math.sqrt(n));
  expect(Math.abs(mean(normal, (x) => (Math.abs(x - 3) < 2 ? 1 : 0)) - 0.682689)).toBeLessThan(6 * Math.sqrt(0.22 / n));
});

test('a compiled function draws what it draws uncompiled, in its own order, whatever it does with it', () => {
  let own = 0;
  const three = (x: Tensor): readonly Tensor[] => {
    const [a, b] = [randomUniform([3]), randomNormal([3], { seed: () => own++ })];
    randomUniform([2]); // drawn, and nothing made of it
    const c = randomNormal([3], { seed: () => own++ });
    return [c.add(randomUniform([3])).mul(x), b.sub(c), a];
  };
  const compiled = compile(three);
  const calls = (f: typeof three): unknown => {
    setSeed(3);
    own = 0;
    return [1, 2, 3].map((x) => f(variable(x)).map((t) => [...t.data()]));
  };
  expect(calls(compiled)).toEqual(calls(three));
  expect(calls(compiled)).toEqual(calls(three));
});

test('the initial value of a variable is drawn when it is made, also in a function that is recorded', () => {
  const made: Tensor[] = [];
  const f = compile((x: Tensor) => {
    if (made.length === 0) made.push(variable(randomUniform([2])), variable(randomUniform([2])));
    return randomUniform([2]).mul(x);
  });
  setSeed(5);
  const run = [f(variable(1)), f(variable(1))];
  setSeed(5);
  const expected = Array.from({ length: 4 }, () => [...randomUniform([2]).data()]);
  expect([...made, ...run].map((t) => [...t.data()])).toEqual(expected);
});

test('bad seeds and shapes are refused', () => {
  refused(() => setSeed(-1), 'RangeError', /^setSeed: .*; got -1/);
  refused(() => setSeed(2 ** 32), 'RangeError', /^setSeed: /);
  refused(() => randomNormal([2], { seed: 1.5 }), 'RangeError', /^randomNormal: .*; got 1.5/);
  refused(() => randomUniform([2], { seed: Number.NaN }), 'RangeError', /^randomUniform: /);
  refused(() => randomUniform([-2]), 'ShapeError', /^randomUniform: /);
  refused(() => randomNormal([0.5]), 'ShapeError', /^randomNormal: /);
});
