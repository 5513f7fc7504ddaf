// A model with stateful layers: fit, evaluate and predict go on with the states that the batch before left, in batches of one size.

import { dense, gru, lstm } from '@treadle/nn';
import { sgd } from '@treadle/optim';
import { gradients, randomNormal, type Tensor } from '@treadle/tensor';
import { type Model, sequential } from '@treadle/train';
import { describe, expect, test } from 'vitest';
import { difference } from '../support/bits.ts';

const quiet = { verbose: 0 } as const;
const [batchSize, steps, features] = [2, 3, 2];
const x = randomNormal([3 * batchSize, steps, features], { seed: 1 }).realize();
const y = randomNormal([3 * batchSize, 1], { seed: 2 }).realize();

function layered(stateful: boolean): Model {
  return sequential([
    lstm(3, { inputShape: [steps, features], stateful, returnSequences: true }),
    gru(2, { stateful }),
    dense(1),
  ]);
}

const weights = layered(false).getWeights();

/** Each time with the same weights. */
function made(stateful: boolean): Model {
  const model = layered(stateful);
  model.setWeights(weights);
  model.compile({ optimizer: sgd(0.25), loss: 'meanSquaredError' });
  return model;
}

const batches = [0, 1, 2].map((i) => x.slice([i * batchSize], [(i + 1) * batchSize]).realize());

describe('a stateful model', () => {
  test('predicts batch after batch as calls do one after the other, and goes on where the last call ended', async () => {
    const [model, called] = [made(true), made(true)];
    for (let round = 0; round < 2; round++) {
      const answers = await model.predict(x, { batchSize });
      batches.forEach((batch, i) => {
        const part = answers.slice([i * batchSize], [(i + 1) * batchSize]);
        expect(difference(part, called.call(batch))).toBeUndefined();
      });
    }
    model.resetStates();
    expect(difference(await model.predict(batches[0] ?? x), made(true).call(batches[0] ?? x))).toBeUndefined();
  });

  test('learns batch after batch as steps that are written down do', async () => {
    const [model, written] = [made(true), made(true)];
    await model.fit(x, y, { ...quiet, batchSize, epochs: 2, shuffle: false });
    const step = (batch: Tensor, target: Tensor): void => {
      const loss = written.call(batch, { training: true }).sub(target).square().mean();
      sgd(0.25).apply(gradients(loss, written.trainableVariables), written.trainableVariables);
    };
    for (let epoch = 0; epoch < 2; epoch++) {
      batches.forEach((batch, i) => {
        step(batch, y.slice([i * batchSize], [(i + 1) * batchSize]));
      });
    }
    const [learned, expected] = [model.getWeights(), written.getWeights()];
    for (const [name, value] of Object.entries(expected)) {
      expect(difference(learned[name] ?? y, value), name).toBeUndefined();
    }
    // and both have come to the same states
    expect(difference(await model.predict(batches[0] ?? x), written.call(batches[0] ?? x))).toBeUndefined();
  });

  test('is evaluated with its states, which the checks of the rows leave alone', async () => {
    const [model, called] = [made(true), made(true)];
    const { loss } = await model.evaluate(x, y, { batchSize });
    const answers = batches.map((batch) => called.call(batch).data());
    const squares = answers.flatMap((part, i) => [...part].map((v, j) => (v - y.data()[i * batchSize + j]!) ** 2));
    const mean = squares.reduce((sum, square) => sum + square) / squares.length;
    // a difference, a square and a mean of six of them: some ten roundings of figures of the size of the largest square
    expect(Math.abs((loss ?? 0) - mean)).toBeLessThanOrEqual(16 * 2 ** -24 * Math.max(...squares));
    expect(difference(await model.predict(batches[0] ?? x), called.call(batches[0] ?? x))).toBeUndefined();
  });

  test('is explained without its states, which may begin with batches of any size afterwards', async () => {
    const model = made(true);
    expect(model.explain(x, y).kernels.length).toBeGreaterThan(0);
    await model.fit(x, y, { ...quiet, batchSize });
    expect(model.explain(x, y).kernels.length).toBeGreaterThan(0);
  });

  test.each([
    ['fit', (model: Model) => model.fit(x, y, { ...quiet, batchSize: 4 }), 'got 6 rows in batches of 4'],
    [
      'fit(validationData)',
      (model: Model) =>
        model.fit(x, y, { ...quiet, batchSize, validationData: [x.slice([0], [1]), y.slice([0], [1])] }),
      'got 1 rows in batches of 2',
    ],
    [
      'fit',
      (model: Model) => model.fit(x, y, { ...quiet, validationSplit: 0.5, batchSize }),
      'got 3 rows in batches of 2',
    ],
    ['evaluate', (model: Model) => model.evaluate(x, y, { batchSize: 5 }), 'got 6 rows in batches of 5'],
    ['predict', (model: Model) => model.predict(x, { batchSize: 5 }), 'got 6 rows in batches of 5'],
  ] as const)('%s refuses batches of several sizes, and takes what is right afterwards', async (op, act, got) => {
    const model = made(true);
    await expect(act(model)).rejects.toThrow(
      `${op}: batches must have one size where layers are stateful; ${got}; choose a batchSize that divides them, or leave out rows`,
    );
    await model.fit(x, y, { ...quiet, batchSize: 3 });
    await expect(model.predict(x, { batchSize: 2 })).rejects.toThrow(
      'takes batches of the size of its first; got 2 rows',
    );
    await made(false).fit(x, y, { ...quiet, batchSize: 4 });
  });
});
