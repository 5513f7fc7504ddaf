// The right result of each row in float64, and a bound of the error of float32. Knows no peer.

import { convolutional } from './reference-conv.ts';
import { type Inputs, input, learningRate, lenetShapes, type Row, steps } from './row.ts';

const unit = 2 ** -24;
const gamma = (n: number): number => (n * unit) / (1 - n * unit);

export interface Expected {
  readonly values: Float64Array;
  /** the largest error allowed for each value */
  readonly bounds: Float64Array;
}

/** Throws if `got` differs from the expected values by more than the bounds, which hold for sums in any order. */
export function check({ values, bounds }: Expected, got: Float32Array): void {
  if (got.length !== values.length) throw new Error(`${got.length} values instead of ${values.length}`);
  for (let i = 0; i < values.length; i++) {
    const [want = 0, bound = 0, value = Number.NaN] = [values[i], bounds[i], got[i]];
    if (!(Math.abs(value - want) <= bound)) throw new Error(`value ${i} is ${value} instead of ${want} ± ${bound}`);
  }
}

export function expected(row: Row, inputs: Inputs): Expected {
  switch (row.kind) {
    case 'matmul':
      return product(input(inputs, 'a').values, input(inputs, 'b').values, row.m, row.k, row.n);
    case 'fused':
      return fused(inputs, row.n);
    case 'softmax':
      return softmax(input(inputs, 'a').values, row.rows, row.columns);
    case 'columnSums':
      return columnSums(input(inputs, 'a').values, row.n);
    case 'transpose':
      return transposed(input(inputs, 'a').values, row.n);
    case 'forward':
      return logits(row.sizes, row.batch, inputs);
    case 'train':
      return losses(row.sizes, row.batch, inputs);
    case 'trainLenet':
      return lenetLosses(row.batch, inputs);
  }
}

const square = (x: number): number => x * x;

type Numbers = Float32Array | Float64Array;

/** C = A·B, each element within γₖ·Σ|aᵢbᵢ|. */
function product(a: Numbers, b: Numbers, m: number, k: number, n: number): Expected {
  const values = new Float64Array(m * n);
  const bounds = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) {
      const x = a[i * k + p]!;
      for (let j = 0; j < n; j++) {
        const term = x * b[p * n + j]!;
        values[i * n + j]! += term;
        bounds[i * n + j]! += Math.abs(term) * gamma(k);
      }
    }
  }
  return { values, bounds };
}

/** Each term has an error of some ulps (16 for tanh and sigmoid of any library), their sum of at most γₙ·Σ|term|. */
function fused(inputs: Inputs, n: number): Expected {
  const [a, b, c] = [input(inputs, 'a').values, input(inputs, 'b').values, input(inputs, 'c').values];
  let [sum, size] = [0, 0];
  for (let i = 0; i < n; i++) {
    const term = Math.tanh(a[i]! * b[i]! + c[i]!) / (1 + Math.exp(-a[i]!));
    sum += term;
    size += Math.abs(term);
  }
  return { values: Float64Array.of(sum), bounds: Float64Array.of((gamma(n) + 16 * unit) * size) };
}

function softmax(a: Numbers, rows: number, columns: number): Expected {
  const values = Float64Array.from(a, Math.exp);
  for (let i = 0; i < rows; i++) {
    const row = values.subarray(i * columns, (i + 1) * columns);
    const sum = row.reduce((x, y) => x + y, 0);
    for (let j = 0; j < columns; j++) row[j]! /= sum;
  }
  // the exponent (below 16) is rounded: 16 ulps of the result; then the sum and the exponentials
  return { values, bounds: values.map((x) => x * (gamma(columns) + 32 * unit)) };
}

function columnSums(a: Numbers, n: number): Expected {
  return product(new Float64Array(n).fill(1), a, 1, n, n);
}

function transposed(a: Numbers, n: number): Expected {
  const values = Float64Array.from(a, (_, i) => a[(i % n) * n + Math.floor(i / n)]!);
  return { values, bounds: new Float64Array(n * n) };
}

interface Network {
  /** the inputs of each layer, and finally the logits */
  readonly layers: readonly Float64Array[];
  readonly bounds: Float64Array;
}

function forward(sizes: readonly number[], batch: number, weights: readonly Numbers[], x: Numbers): Network {
  const layers = [Float64Array.from(x)];
  let bounds = new Float64Array(0);
  for (let l = 0; l + 1 < sizes.length; l++) {
    const [k, n] = [sizes[l]!, sizes[l + 1]!];
    const { values, bounds: own } = product(layers[l]!, weights[2 * l]!, batch, k, n);
    const isLast = l + 2 === sizes.length;
    layers.push(
      values.map((v, i) => (isLast ? v + weights[2 * l + 1]![i % n]! : Math.max(0, v + weights[2 * l + 1]![i % n]!))),
    );
    // the weights pass on the errors of earlier layers; independent errors add as squares
    const carried = l === 0 ? undefined : product(bounds.map(square), weights[2 * l]!.map(square), batch, k, n).values;
    bounds = own.map((bound, i) => bound + Math.sqrt(carried?.[i] ?? 0) + 2 * unit);
  }
  return { layers, bounds };
}

function weightsIn(inputs: Inputs, sizes: readonly number[]): Float64Array[] {
  return sizes
    .slice(1)
    .flatMap((_, i) => [`w${i}`, `b${i}`].map((name) => Float64Array.from(input(inputs, name).values)));
}

function logits(sizes: readonly number[], batch: number, inputs: Inputs): Expected {
  const { layers, bounds } = forward(sizes, batch, weightsIn(inputs, sizes), input(inputs, 'x').values);
  return { values: layers.at(-1)!, bounds };
}

/**
 * The losses of the first steps. Adam moves every weight by about the learning rate, however small its gradient is. So
 * the rounding of a gradient near 0 may reverse a step, and the losses agree to a few thousandths, not to ulps.
 */
function losses(sizes: readonly number[], batch: number, inputs: Inputs): Expected {
  const weights = weightsIn(inputs, sizes);
  const [x, y] = [input(inputs, 'x').values, input(inputs, 'y').values];
  const moments = weights.map((w) => ({ m: new Float64Array(w.length), v: new Float64Array(w.length) }));
  const values = new Float64Array(steps);
  for (let t = 1; t <= steps; t++) {
    const { layers } = forward(sizes, batch, weights, x);
    const { loss, gradient } = lossOf(layers.at(-1)!, y, sizes.at(-1)!);
    values[t - 1] = loss;
    adam(weights, moments, backward(sizes, batch, weights, layers, gradient).gradients, t);
  }
  return { values, bounds: values.map((loss, t) => (t === 0 ? 1e-5 : 5e-3) * loss) };
}

function lenetLosses(batch: number, inputs: Inputs): Expected {
  const weights = lenetShapes
    .flatMap((_, i) => [`w${i}`, `b${i}`])
    .map((name) => Float64Array.from(input(inputs, name).values));
  const [x, y] = [Float64Array.from(input(inputs, 'x').values), input(inputs, 'y').values];
  const moments = weights.map((w) => ({ m: new Float64Array(w.length), v: new Float64Array(w.length) }));
  const sizes = [400, 128, 10];
  const values = new Float64Array(steps);
  for (let t = 1; t <= steps; t++) {
    const [w0, b0, w1, b1, ...dense] = weights;
    const first = convolutional(x, w0!, b0!, { batch, size: 28, channels: 1, filters: 8, before: 2 });
    const second = convolutional(first.pooled, w1!, b1!, { batch, size: 14, channels: 8, filters: 16, before: 0 });
    const { layers } = forward(sizes, batch, dense, second.pooled);
    const { loss, gradient } = lossOf(layers.at(-1)!, y, 10);
    values[t - 1] = loss;
    const { gradients, dx } = backward(sizes, batch, dense, layers, gradient);
    const ofSecond = second.backward(dx);
    const ofFirst = first.backward(ofSecond.dx);
    adam(weights, moments, [...ofFirst.gradients, ...ofSecond.gradients, ...gradients], t);
  }
  return { values, bounds: values.map((loss, t) => (t === 0 ? 1e-5 : 5e-3) * loss) };
}

/** The mean cross-entropy, or the mean squared error for one output, and its gradient with respect to the outputs. */
function lossOf(outputs: Float64Array, y: Numbers, classes: number): { loss: number; gradient: Float64Array } {
  const batch = y.length;
  if (classes === 1) {
    const gradient = outputs.map((z, i) => (2 * (z - y[i]!)) / batch);
    return { loss: outputs.reduce((sum, z, i) => sum + (z - y[i]!) ** 2, 0) / batch, gradient };
  }
  const gradient = softmax(outputs, batch, classes).values;
  let loss = 0;
  for (let i = 0; i < batch; i++) {
    loss -= Math.log(gradient[i * classes + y[i]!]!) / batch;
    gradient[i * classes + y[i]!]! -= 1; // softmax − one-hot
  }
  return { loss, gradient: gradient.map((g) => g / batch) };
}

function backward(
  sizes: readonly number[],
  batch: number,
  weights: readonly Float64Array[],
  layers: readonly Float64Array[],
  outputGradient: Float64Array,
): { readonly gradients: Float64Array[]; readonly dx: Float64Array } {
  const gradients: Float64Array[] = [];
  let dy = outputGradient;
  for (let l = sizes.length - 2; l >= 0; l--) {
    const [k, n, x, w] = [sizes[l]!, sizes[l + 1]!, layers[l]!, weights[2 * l]!];
    const dw = new Float64Array(k * n);
    const db = new Float64Array(n);
    const dx = new Float64Array(batch * k);
    for (let i = 0; i < batch; i++) {
      for (let j = 0; j < n; j++) db[j]! += dy[i * n + j]!;
      for (let p = 0; p < k; p++) {
        const value = x[i * k + p]!;
        let sum = 0;
        for (let j = 0; j < n; j++) {
          const d = dy[i * n + j]!;
          dw[p * n + j]! += value * d;
          sum += w[p * n + j]! * d;
        }
        dx[i * k + p] = value > 0 ? sum : 0; // the gradient of the relu that computed x
      }
    }
    gradients.unshift(dw, db);
    dy = dx;
  }
  return { gradients, dx: dy };
}

function adam(
  weights: readonly Float64Array[],
  moments: readonly { readonly m: Float64Array; readonly v: Float64Array }[],
  gradients: readonly Float64Array[],
  t: number,
): void {
  const rate = (learningRate * Math.sqrt(1 - 0.999 ** t)) / (1 - 0.9 ** t);
  weights.forEach((w, index) => {
    const { m, v } = moments[index]!;
    const g = gradients[index]!;
    for (let i = 0; i < w.length; i++) {
      m[i] = 0.9 * m[i]! + 0.1 * g[i]!;
      v[i] = 0.999 * v[i]! + 0.001 * g[i]! ** 2;
      w[i]! -= (rate * m[i]!) / (Math.sqrt(v[i]!) + 1e-7);
    }
  });
}
