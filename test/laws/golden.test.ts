// Trajectories that TensorFlow 2.0 printed, walked again: the same data, starts and steps must give the same losses.

import { readFileSync } from 'node:fs';
import { binaryCrossentropy, meanSquaredError } from '@treadle/losses';
import { metrics } from '@treadle/metrics';
import { dense, initializers, Sequential } from '@treadle/nn';
import { sgd } from '@treadle/optim';
import { compile, gradients, linspace, type Tensor, tensor, type Variable, variable } from '@treadle/tensor';
import { describe, expect, type TestContext, test } from 'vitest';
import { sharedData } from '../data/shared-data.ts';

function golden(name: string, context: TestContext): unknown {
  return JSON.parse(readFileSync(sharedData(`golden/${name}.json`, context), 'utf8'));
}

/** The field of a parsed file, and what it must be. */
function field(x: unknown, name: string): unknown {
  if (typeof x !== 'object' || x === null || !(name in x)) throw new Error(`no field ${name}`);
  return Object.entries(x).find(([key]) => key === name)?.[1];
}
function number(x: unknown, name: string): number {
  const value = field(x, name);
  if (typeof value !== 'number') throw new Error(`${name} is no number`);
  return value;
}
function numbers(x: unknown, name: string): number[] {
  const value = field(x, name);
  if (!Array.isArray(value) || !value.every((v) => typeof v === 'number')) throw new Error(`${name} holds no numbers`);
  return value;
}

function expectNear(got: number, expected: number, relative: number, what: string): void {
  const off = Math.abs(got / expected - 1);
  if (!(off <= relative)) throw new Error(`${what}: got ${got}, expected ${expected}, off by ${off} of it`);
}

const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;

/** w·x + b, a step of descent on the mean squared error, which is returned as it was before. */
function line(learningRate: number): { w: Variable; b: Variable; step: (x: Tensor, y: Tensor) => Tensor } {
  const [w, b] = [variable(0.1, { name: 'w' }), variable(0, { name: 'b' })];
  const [loss, optimizer] = [meanSquaredError(), sgd(learningRate)];
  const step = compile((x: Tensor, y: Tensor) => {
    const value = loss(y, w.mul(x).add(b));
    optimizer.apply(gradients(value, [w, b]), [w, b]);
    return value;
  });
  return { w, b, step };
}

test('linear regression: 20 losses, weights and biases', (context) => {
  const file = golden('linear-regression', context);
  const x = linspace(0, 1, 100);
  const y = x.add(tensor(numbers(file, 'intercept'))).realize();
  const { w, b, step } = line(number(file, 'learningRate'));
  numbers(file, 'loss').forEach((loss, i) => {
    expectNear(step(x, y).item(), loss, 2e-5, `loss ${i}`);
    expectNear(w.item(), numbers(file, 'w')[i]!, 2e-5, `w ${i}`);
    expectNear(b.item(), numbers(file, 'b')[i]!, 2e-5, `b ${i}`);
  });
});

describe('life expectancy by birth rate', () => {
  const rows = (context: TestContext): readonly (readonly [number, number])[] =>
    readFileSync(sharedData('birth_life_2010.txt', context), 'utf8')
      .trim()
      .split(/\r?\n/)
      .slice(1)
      .map((row) => row.split('\t').map(Number))
      .map(([, x = Number.NaN, y = Number.NaN]) => [x, y] as const);

  test('one row at a time: the losses of 100 epochs', (context) => {
    const file = field(golden('birth-life', context), 'perSample');
    const pairs = rows(context).map(([x, y]) => [tensor(x), tensor(y)] as const);
    expect(pairs.length).toBe(190);
    const { step } = line(number(file, 'learningRate'));
    numbers(file, 'loss').forEach((loss, epoch) => {
      const losses = pairs.map(([x, y]) => step(x, y).item());
      expectNear(mean(losses), loss, 2e-5, `epoch ${epoch}`);
    });
  });

  test('ten rows at a time: the loss of the 100th epoch', (context) => {
    const file = field(golden('birth-life', context), 'miniBatch');
    const size = number(file, 'batchSize');
    const all = rows(context);
    const batches = Array.from({ length: all.length / size }, (_, i) => {
      const batch = all.slice(i * size, (i + 1) * size);
      return [tensor(batch.map(([x]) => x)), tensor(batch.map(([, y]) => y))] as const;
    });
    const { step } = line(number(file, 'learningRate'));
    let last = 0;
    for (let epoch = 0; epoch < 100; epoch++) last = mean(batches.map(([x, y]) => step(x, y).item()));
    expectNear(last, number(file, 'last'), 0.005, 'the last epoch');
  });
});

test('diabetes by logistic regression: loss and accuracy after 1,000 epochs', (context) => {
  const file = golden('pima', context);
  const rows = readFileSync(sharedData('pima-indians-diabetes.csv', context), 'utf8')
    .trim()
    .split(/\r?\n/)
    .filter((row) => !row.startsWith('#'))
    .map((row) => row.split(',').map(Number));
  expect(rows.length).toBe(768);
  const raw = tensor(rows.map((row) => row.slice(0, 8)));
  const low = raw.min(0);
  const x = raw.sub(low).div(raw.max(0).sub(low).add(1e-7)).realize();
  const y = tensor(rows.map((row) => row.slice(8)));

  const start = initializers.randomNormal({ stddev: 0.05, seed: 1 });
  const model = new Sequential([
    dense(1, { inputShape: [8], activation: 'sigmoid', kernelInitializer: start, biasInitializer: start }),
  ]);
  const [loss, optimizer, variables] = [binaryCrossentropy(), sgd(0.1), model.trainableVariables];
  const step = compile((a: Tensor, b: Tensor) => {
    const value = loss(b, model.call(a, { training: true }));
    optimizer.apply(gradients(value, variables), variables);
    return value;
  });
  for (let epoch = 0; epoch < 1000; epoch++) step(x, y);
  const prediction = model.call(x);
  expectNear(loss(y, prediction).item(), number(file, 'lossAt1000'), 0.01, 'the loss');
  const { values, count } = metrics.binaryAccuracy().update(y, prediction);
  expect(Math.abs(values.item() / count - number(file, 'accuracy'))).toBeLessThanOrEqual(0.01);
});
