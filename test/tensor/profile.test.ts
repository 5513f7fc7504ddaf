// profile: a call like any other, with all its effects, and times that add up.

import { inspect } from 'node:util';
import { compile, profile, randomNormal, setThreads, shutdown, type Tensor, tensor, variable } from '@treadle/tensor';
import { afterAll, describe, expect, test } from 'vitest';

afterAll(() => shutdown());

const f = (x: Tensor, scale: number): Tensor => x.matmul(x).mul(scale).tanh().sum(1).exp();
const x = randomNormal([300, 300], { seed: 1 }).realize();

describe.each([1, 2, 3])('on %i threads', (threads) => {
  test('the result is that of the function, bit for bit', () => {
    setThreads(threads);
    expect(profile(f)(x, 0.01).result.data()).toEqual(compile(f)(x, 0.01).data());
  });

  test('every tile was run by one thread, and times of tiles are within those of kernels', () => {
    setThreads(threads);
    const { ms, kernels } = profile(f, { runs: 3 })(x, 0.01);
    const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
    expect(sum(kernels.map(({ share }) => share))).toBeCloseTo(1, 9);
    for (const kernel of kernels) {
      expect(kernel.threads).toHaveLength(threads);
      expect(sum(kernel.threads.map(({ tiles }) => tiles))).toBe(kernel.tiles);
      expect(kernel.ms).toBeLessThanOrEqual(ms);
      for (const thread of kernel.threads) {
        expect(thread.ms).toBeGreaterThanOrEqual(0);
        expect(thread.ms).toBeLessThanOrEqual(kernel.ms);
      }
      expect(kernel.gflops * kernel.ms * 1e6).toBeCloseTo(kernel.ms > 0 ? kernel.flops : 0, 0);
    }
    const product = kernels.find(({ kind }) => kind === 'matmul');
    expect(product?.ms).toBeGreaterThan(0);
    expect(ms).toBeGreaterThanOrEqual(Math.max(...kernels.map((kernel) => kernel.ms)));
  });
});

test('effects take place in each run', () => {
  const count = variable(0);
  const step = profile(
    () => {
      count.assignAdd(1);
      return count.mul(2);
    },
    { runs: 5 },
  );
  step();
  expect(count.item()).toBe(5);
  step();
  expect(count.item()).toBe(10);
});

test('the function is called once for each combination of shapes', () => {
  let calls = 0;
  const timed = profile((t: Tensor) => {
    calls++;
    return t.add(1);
  });
  expect(timed(tensor([1, 2])).result.toArray()).toEqual([2, 3]);
  expect(timed(tensor([3, 4])).result.toArray()).toEqual([4, 5]);
  expect(calls).toBe(1);
  timed(tensor([1]));
  expect(calls).toBe(2);
});

test('it prints as a table, a line a kernel', () => {
  setThreads(2);
  const measured = profile(f)(x, 0.01);
  const lines = String(measured).split('\n');
  expect(inspect(measured)).toBe(String(measured));
  expect(lines[0]).toMatch(
    /^phase +kernel +computes +over +µs +share +thread 0 +tiles +thread 1 +tiles +GFLOP\/s +GB\/s$/,
  );
  expect(lines).toHaveLength(2 + measured.kernels.length + 1);
  expect(lines.at(-1)).toMatch(/^[\d.]+ µs; 2 threads worked \d+ % of that$/);
});

test('a function without kernels takes no time', () => {
  expect(profile(() => 3)()).toMatchObject({ result: 3, ms: 0, kernels: [] });
});

test('runs must be a whole number ≥ 1', () => {
  for (const runs of [0, 1.5, -1, Number.NaN]) {
    expect(() => profile(f, { runs })).toThrow(new RangeError(`profile: runs must be a whole number ≥ 1; got ${runs}`));
  }
});

test('it cannot be called inside a compiled function', () => {
  const inner = profile((t: Tensor) => t.add(1));
  expect(() => compile((t: Tensor) => inner(t).result)(tensor(1))).toThrow(
    'profile: it must not be called while a function is recorded; got such a call',
  );
});
