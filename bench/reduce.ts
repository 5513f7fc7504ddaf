// Reductions: along rows, across rows, over everything, and what is made of them.

import { randomNormal, type Tensor } from 'treadle';
import type { Rounds } from './measure.ts';
import { gamma, unit, verifyEach } from './verify.ts';
import { compute, measureWork, type Row, type Work } from './work.ts';

const m = 2048;
const n = 2048;

interface Reduction {
  readonly name: string;
  readonly outputs: number;
  f(x: Tensor): Tensor;
  want(i: number): number;
  bound?(i: number): number;
}

export function reduceBench(rounds: Rounds): Row[] {
  const x = randomNormal([m, n], { seed: 1 }).realize();
  const works = reductions(x.data()).map(({ name, outputs, f, want, bound }): Work => {
    const verify = (result: Tensor): void => verifyEach(name, result, want, bound);
    return { ...compute(name, (t) => f(t!), [x], verify), flops: 0, bytes: 4 * (m * n + outputs) };
  });
  return measureWork('reduce', works, rounds);
}

function reductions(x: ArrayLike<number>): Reduction[] {
  const row = (i: number): number[] => Array.from({ length: n }, (_, j) => x[i * n + j] ?? 0);
  const column = (j: number): number[] => Array.from({ length: m }, (_, i) => x[i * n + j] ?? 0);
  const rows = Array.from({ length: m }, (_, i) => i);
  const sums = rows.map((i) => sum(row(i)));
  const sizes = rows.map((i) => sum(row(i).map(Math.abs)));
  const exponentials = rows.map((i) => sum(row(i).map(Math.exp)));
  const [total, size] = [sum(sums), sum(sizes)];
  const softmax = (i: number): number => Math.exp(x[i] ?? 0) / (exponentials[Math.floor(i / n)] ?? 0);
  const sumsBound = (i: number): number => gamma(n) * (sizes[i] ?? 0);
  return [
    { name: 'sum of all 2048²', outputs: 1, f: (t) => t.sum(), want: () => total, bound: () => gamma(m * n) * size },
    {
      name: 'sum over axis 0',
      outputs: n,
      f: (t) => t.sum(0),
      want: (j) => sum(column(j)),
      bound: (j) => gamma(m) * sum(column(j).map(Math.abs)),
    },
    { name: 'sum over axis 1', outputs: m, f: (t) => t.sum(1), want: (i) => sums[i] ?? 0, bound: sumsBound },
    { name: 'max over axis 1', outputs: m, f: (t) => t.max(1), want: (i) => Math.max(...row(i)) },
    { name: 'argmax over axis 1', outputs: m, f: (t) => t.argmax(1), want: (i) => row(i).indexOf(Math.max(...row(i))) },
    {
      name: 'softmax over axis 1',
      outputs: m * n,
      f: (t) => t.softmax(1),
      want: softmax,
      // x − max is below 16 in size: its rounding is below 16 ulps of the result
      bound: (i) => softmax(i) * (gamma(n) + 32 * unit),
    },
  ];
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
