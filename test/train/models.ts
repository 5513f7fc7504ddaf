// Small models and data that the tests of training share: made from plain formulas, so that nothing depends on files.

import { dense } from '@treadle/nn';
import { adam, sgd } from '@treadle/optim';
import { setSeed, type Tensor, tensor } from '@treadle/tensor';
import { type Model, sequential } from '@treadle/train';

export interface Pair {
  readonly x: Tensor;
  readonly y: Tensor;
}

/** A number in −1 … 1 that looks random and depends on i alone. */
export function noise(i: number): number {
  return Math.fround(2 * ((Math.sin(12.9898 * (i + 1)) * 43758.5453) % 1) * 0.5);
}

/** Rows of `features` figures with a label 0 … classes − 1 that follows from them. */
export function labelled(rows: number, features = 4, classes = 3): Pair {
  const values = Float32Array.from({ length: rows * features }, (_, i) => noise(i));
  const labels = Int32Array.from({ length: rows }, (_, row) => {
    const figures = values.subarray(row * features, (row + 1) * features);
    const score = figures.reduce((sum, value, i) => sum + (i + 1) * value, 0);
    return Math.min(classes - 1, Math.max(0, Math.floor(score + classes / 2)));
  });
  return { x: tensor(values, { shape: [rows, features] }), y: tensor(labels) };
}

/** y = 2·x₀ − 3·x₁ + 1 without noise, y [rows, 1]. */
export function linear(rows: number): Pair {
  const x = Array.from({ length: rows }, (_, i) => [noise(2 * i), noise(2 * i + 1)] as const);
  return { x: tensor(x), y: tensor(x.map(([a, b]) => [2 * a - 3 * b + 1])) };
}

/** 4-8-3, softmax at its end, with Adam and the cross-entropy of labels; weights as `seed` says. */
export function classifier(seed = 1): Model {
  setSeed(seed);
  const model = sequential([
    dense(8, { activation: 'tanh', inputShape: [4] }),
    dense(3, { activation: 'softmax', name: 'answer' }),
  ]);
  model.compile({ optimizer: adam(0.01), loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
  return model;
}

/** 2-1 with gradient descent and the mean squared error. */
export function regression(learningRate = 0.1, seed = 1): Model {
  setSeed(seed);
  const model = sequential([dense(1, { inputShape: [2] })]);
  model.compile({ optimizer: sgd(learningRate), loss: 'meanSquaredError', metrics: ['mae'] });
  return model;
}

/** All weights, by name. */
export type Bits = ReadonlyMap<string, Float32Array | Int32Array | Uint8Array>;

export function bitsOf(model: Model): Bits {
  return new Map([...model.namedVariables].map(([name, v]) => [name, v.data()]));
}

/** Where two models' weights differ first, in words; undefined where they are the same bit for bit. */
export function differenceOf(a: Bits, b: Bits): string | undefined {
  for (const [name, values] of a) {
    const others = b.get(name);
    const at = values.findIndex((value, i) => !Object.is(value, others?.[i]));
    if (at >= 0) return `${name}[${at}]: ${values[at]} and ${others?.[at]}`;
  }
  return a.size === b.size ? undefined : `${a.size} variables and ${b.size}`;
}
