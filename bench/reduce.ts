// Reductions over rows, columns, several axes and all elements, and functions of rows that contain reductions:
// softmax, variance, layer norm.

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
  const middle = (j: number): number[] => {
    const part = (i: number): number[] => Array.from({ length: 256 }, (_, k) => x[(256 * i + j) * 256 + k] ?? 0);
    return Array.from({ length: 64 }, (_, i) => part(i)).flat();
  };
  const means = sums.map((value) => value / n);
  // a bound of the error of a row's mean
  const meanErrors = sizes.map((value) => (gamma(n + 1) * value) / n);
  const variances = rows.map((i) => sum(row(i).map((value) => (value - means[i]!) ** 2)) / n);
  // Σ(x − m − δ)² = Σ(x − m)² + nδ²
  const varianceBound = (i: number): number =>
    gamma(n + 8) * (variances[i]! + meanErrors[i]! ** 2) + meanErrors[i]! ** 2;
  const normal = (at: number): number => {
    const i = Math.floor(at / n);
    return ((x[at] ?? 0) - means[i]!) / Math.sqrt(variances[i]! + epsilon);
  };
  const normalBound = (at: number): number => {
    const [i, y] = [Math.floor(at / n), Math.abs(normal(at))];
    return y * (varianceBound(i) / variances[i]! + 8 * unit) + (2 * meanErrors[i]!) / Math.sqrt(variances[i]!);
  };
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
    {
      name: 'sum over axes 0, 2 of 64×256²',
      outputs: 256,
      f: (t) => t.reshape([64, 256, 256]).sum([0, 2]),
      want: (j) => sum(middle(j)),
      bound: (j) => gamma(64 * 256) * sum(middle(j).map(Math.abs)),
    },
    { name: 'sum over axis 1', outputs: m, f: (t) => t.sum(1), want: (i) => sums[i] ?? 0, bound: sumsBound },
    { name: 'max over axis 0', outputs: n, f: (t) => t.max(0), want: (j) => Math.max(...column(j)) },
    { name: 'max over axis 1', outputs: m, f: (t) => t.max(1), want: (i) => Math.max(...row(i)) },
    { name: 'argmax over axis 1', outputs: m, f: (t) => t.argmax(1), want: (i) => row(i).indexOf(Math.max(...row(i))) },
    {
      name: 'softmax over axis 1',
      outputs: m * n,
      f: (t) => t.softmax(1),
      want: softmax,
      // |x − max| < 16, so its rounding error is below 16 ulps of the result
      bound: (i) => softmax(i) * (gamma(n) + 32 * unit),
    },
    {
      name: 'logSoftmax over axis 1',
      outputs: m * n,
      f: (t) => t.logSoftmax(1),
      want: (i) => Math.log(softmax(i)),
      // the relative error of the sum becomes an absolute one in its logarithm; then two roundings of numbers below 32
      bound: () => gamma(n) + 96 * unit,
    },
    {
      name: 'variance over axis 1',
      outputs: m,
      f: (t) => t.variance(1),
      want: (i) => variances[i]!,
      bound: varianceBound,
    },
    { name: 'layer norm over axis 1', outputs: m * n, f: normalized, want: normal, bound: normalBound },
  ];
}

const epsilon = 1e-5;

/** Layer norm: each row gets mean 0 and variance 1. */
function normalized(t: Tensor): Tensor {
  const centred = t.sub(t.mean(1, { keepDims: true }));
  return centred.div(centred.square().mean(1, { keepDims: true }).add(epsilon).sqrt());
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
