// A model of sequences of any length is trained, evaluated and asked with arrays of several lengths, one length at a time.

import { dense, embedding, lstm } from '@treadle/nn';
import { randomNormal, randomUniform, setSeed } from '@treadle/tensor';
import { type Model, sequential } from '@treadle/train';
import { expect, test } from 'vitest';
import { difference } from '../support/bits.ts';

const quiet = { verbose: 0, batchSize: 4, shuffle: false } as const;

function made(length: number | null): Model {
  setSeed(3);
  const model = sequential([
    lstm(4, { inputShape: [length, 3], returnSequences: true }),
    dense(2, { activation: 'softmax' }),
  ]);
  model.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
  return model;
}

test('fit, evaluate and predict do for each length what those of a model of that length do', async () => {
  const open = made(null);
  let weights = open.getWeights();
  for (const length of [5, 2, 5]) {
    const x = randomNormal([6, length, 3], { seed: length }).realize();
    const y = randomUniform([6, length], { seed: length }).greater(0.5).cast('int32').realize();
    const fixed = made(length);
    fixed.setWeights(weights);
    const [learned, expected] = [await open.fit(x, y, quiet), await fixed.fit(x, y, quiet)];
    expect(learned.history).toEqual(expected.history);
    expect(await open.evaluate(x, y)).toEqual(await fixed.evaluate(x, y));
    expect(difference(await open.predict(x), await fixed.predict(x))).toBeUndefined();
    weights = open.getWeights();
    for (const [name, value] of Object.entries(fixed.getWeights())) {
      expect(difference(weights[name] ?? x, value), name).toBeUndefined();
    }
  }
});

test('a summary shows null for what is not known, and rows of other sizes are refused', async () => {
  const model = sequential([embedding(5, 8, { inputShape: [null] }), dense(2)]);
  expect(model.summary()).toContain('[batch, null, 8]');
  const open = made(null);
  await expect(open.predict(randomNormal([2, 3, 4]))).rejects.toThrow(
    'predict: a row must have the shape that the model was built for, [null, 3]; got [3, 4] in x [2, 3, 4]',
  );
});
