// Elementwise work: an add, which is limited by memory, elementary functions, a fused chain, and random numbers.

import { randomNormal, randomUniform, type Tensor } from 'treadle';
import type { Rounds } from './measure.ts';
import { ulp, unit, verifyEach } from './verify.ts';
import { compute, measureWork, type Row, type Work } from './work.ts';

const unary: Readonly<Record<string, readonly [(x: Tensor) => Tensor, (x: number) => number]>> = {
  exp: [(x) => x.exp(), Math.exp],
  tanh: [(x) => x.tanh(), Math.tanh],
  sigmoid: [(x) => x.sigmoid(), (x) => 1 / (1 + Math.exp(-x))],
  log: [(x) => x.log(), Math.log],
  sin: [(x) => x.sin(), Math.sin],
};

export function lanesBench(rounds: Rounds): Row[] {
  return measureWork(
    'lanes',
    [addWork(10_000_000), addWork(100_000), ...functions(1_000_000), fused(1_000_000), ...drawn(1_000_000)],
    rounds,
  );
}

/** An add: reads both operands and writes the sum. */
export function addWork(n: number): Work {
  const [a, b] = [randomNormal([n], { seed: 1 }).realize(), randomNormal([n], { seed: 2 }).realize()];
  const verify = (sum: Tensor): void => {
    const [x, y] = [a.data(), b.data()];
    verifyEach('add', sum, (i) => Math.fround((x[i] ?? 0) + (y[i] ?? 0)));
  };
  return { ...compute(`add ${n.toExponential()}`, (x, y) => x!.add(y!), [a, b], verify), flops: 0, bytes: 12 * n };
}

function functions(n: number): Work[] {
  const input = randomNormal([n], { seed: 3 }).abs().realize();
  const values = input.data();
  return Object.entries(unary).map(([name, [f, reference]]): Work => {
    const want = (i: number): number => reference(values[i] ?? 0);
    const verify = (result: Tensor): void => verifyEach(name, result, want, (i) => 2.5 * ulp(want(i)));
    return { ...compute(`${name} ${n.toExponential()}`, (x) => f(x!), [input], verify), flops: 0, bytes: 8 * n };
  });
}

function fused(n: number): Work {
  const args = [1, 2, 3].map((seed) => randomNormal([n], { seed }).realize());
  const verify = (result: Tensor): void => {
    const [a, b, c] = args.map((t) => t.data());
    const want = (i: number): number => Math.tanh(a![i]! * b![i]! + c![i]!) / (1 + Math.exp(-a![i]!));
    // the argument of tanh has two rounding errors, and |tanh′| ≤ 1
    const bound = (i: number): number => 2 * unit * (2 * Math.abs(a![i]! * b![i]!) + Math.abs(c![i]!)) + 8 * unit;
    verifyEach('fused', result, want, bound);
  };
  const name = `tanh(ab + c)·sigmoid(a) ${n.toExponential()}`;
  return {
    ...compute(name, (a, b, c) => a!.mul(b!).add(c!).tanh().mul(a!.sigmoid()), args, verify),
    flops: 0,
    bytes: 16 * n,
  };
}

/** Random numbers, and a dropout mask. Verifies that the mean is within six standard deviations of its expectation. */
function drawn(n: number): Work[] {
  const input = randomNormal([n], { seed: 1 }).realize();
  const checked = (name: string, f: (x?: Tensor) => Tensor, args: Tensor[], mean: number, spread: number): Work => {
    const verify = (result: Tensor): void => {
      let sum = 0;
      for (const x of result.data()) sum += x;
      if (!(Math.abs(sum / n - mean) <= (6 * spread) / Math.sqrt(n)))
        throw new Error(`${name}: the mean is ${sum / n}`);
    };
    return { ...compute(`${name} ${n.toExponential()}`, f, args, verify), flops: 0, bytes: 8 * n };
  };
  return [
    checked('uniform', () => randomUniform([n], { seed: 2 }), [], 0.5, 0.3),
    checked('normal', () => randomNormal([n], { seed: 2 }), [], 0, 1),
    checked('dropout', (x) => x!.mul(randomUniform([n], { seed: 2 }).less(0.5).cast('float32')), [input], 0, 2),
  ];
}
