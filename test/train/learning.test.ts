// fit learns: data with a known answer, a problem that needs a hidden layer, real digits, and a layer of the user's own.

import { digits } from '@treadle/data';
import { binaryCrossentropy, sparseCategoricalCrossentropy } from '@treadle/losses';
import { dense, dropout, flatten, type Layer } from '@treadle/nn';
import { adam, sgd } from '@treadle/optim';
import { ones, setSeed, type Tensor, type Variable, variable } from '@treadle/tensor';
import { sequential } from '@treadle/train';
import { expect, test } from 'vitest';
import { labelled, linear, regression } from './models.ts';

const quiet = { verbose: 0 } as const;

test('linear data: the weights become those that made it', async () => {
  const { x, y } = linear(64);
  const model = regression(0.3);
  await model.fit(x, y, { ...quiet, epochs: 100, batchSize: 16, seed: 1 });
  const { 'dense/kernel': kernel, 'dense/bias': bias } = model.getWeights();
  // without noise the error shrinks by a factor each step until float32 cannot tell the weights from the true ones
  const found = [...(kernel?.data() ?? []), ...(bias?.data() ?? [])];
  [2, -3, 1].forEach((weight, i) => {
    expect(Math.abs((found[i] ?? 0) - weight)).toBeLessThan(2 ** -18);
  });
});

test('XOR is learned with four hidden units, not without', async () => {
  const x = [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ];
  const y = [[0], [1], [1], [0]];
  const accuracyOf = async (...hidden: Layer[]): Promise<number | undefined> => {
    const model = sequential([...hidden, dense(1)]);
    const loss = binaryCrossentropy({ fromLogits: true });
    model.compile({ optimizer: adam(0.05), loss, metrics: [] });
    await model.fit(x, y, { ...quiet, epochs: 300, batchSize: 4 });
    const answers = (await model.predict(x)).data();
    return y.filter(([label], i) => Number((answers[i] ?? 0) > 0) === label).length / 4;
  };
  setSeed(3);
  expect(await accuracyOf(dense(4, { activation: 'tanh' }))).toBe(1);
  expect(await accuracyOf()).toBeLessThan(1);
});

test('digits: 12 epochs read 95 % of the unseen ones', async () => {
  setSeed(1);
  const { train, test: unseen } = digits({ seed: 1 });
  const model = sequential([
    flatten({ inputShape: [8, 8, 1] }),
    dense(64, { activation: 'relu' }),
    dropout(0.1),
    dense(10),
  ]);
  model.compile({
    optimizer: adam(3e-3),
    loss: sparseCategoricalCrossentropy({ fromLogits: true }),
    metrics: ['accuracy'],
  });
  const { history } = await model.fit(train.x, train.y, { ...quiet, epochs: 12, seed: 1 });
  expect(history.loss.at(-1)).toBeLessThan((history.loss[0] ?? 0) / 5);
  const { accuracy } = await model.evaluate(unseen.x, unseen.y);
  expect(accuracy).toBeGreaterThan(0.95);
});

test('the history has one figure an epoch for each name', async () => {
  const { x, y } = labelled(30);
  const model = sequential([dense(3, { activation: 'softmax' })]);
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
  const result = await model.fit(x, y, { ...quiet, epochs: 3, validationSplit: 0.2 });
  expect(result.epoch).toEqual([0, 1, 2]);
  expect(Object.keys(result.history)).toEqual(['loss', 'accuracy', 'valLoss', 'valAccuracy']);
  for (const figures of Object.values(result.history)) {
    expect(figures).toHaveLength(3);
    expect(figures?.every(Number.isFinite)).toBe(true);
  }
  const bare = await model.fit(x, y, { ...quiet, epochs: 2 });
  expect(Object.keys(bare.history)).toEqual(['loss', 'accuracy']);
});

/** x·scale, a figure for each feature. */
class Scale implements Layer {
  readonly kind = 'scale';
  #scale: Variable | undefined;

  get variables(): readonly Variable[] {
    return this.#scale ? [this.#scale] : [];
  }

  build(shape: readonly number[]): readonly number[] {
    this.#scale ??= variable(ones([shape.at(-1) ?? 1]), { name: 'scale' });
    return shape;
  }

  call(x: Tensor): Tensor {
    return this.#scale ? x.mul(this.#scale) : x;
  }
}

test('a layer of the user’s own learns: an object with build, call and variables', async () => {
  const x = Array.from({ length: 32 }, (_, i) => [1 + (i % 4), 2 - (i % 3)]);
  const y = x.map(([a = 0, b = 0]) => [3 * a, -2 * b]);
  const model = sequential([new Scale()]);
  model.compile({ optimizer: sgd(0.05), loss: 'mse' });
  await model.fit(x, y, { ...quiet, epochs: 60, batchSize: 8, seed: 1 });
  expect([...model.namedVariables.keys()]).toEqual(['scale/scale']);
  const [a = 0, b = 0] = model.getWeights()['scale/scale']?.data() ?? [];
  expect(Math.abs(a - 3)).toBeLessThan(2 ** -18);
  expect(Math.abs(b + 2)).toBeLessThan(2 ** -18);
});

test('variables that are not trainable stay as they are', async () => {
  const { x, y } = linear(16);
  const model = regression(0.1);
  const [kernel, bias] = model.variables;
  if (!kernel || !bias) throw new Error('a dense layer has a kernel and a bias');
  bias.trainable = false;
  const before = [...kernel.data()];
  await model.fit(x, y, quiet);
  expect([...bias.data()]).toEqual([0]);
  expect([...kernel.data()]).not.toEqual(before);
});
