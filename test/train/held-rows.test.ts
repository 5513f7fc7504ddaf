// What a model is given it holds until the call is done, and no longer.

import { meanSquaredError } from '@treadle/losses';
import { dense } from '@treadle/nn';
import { sgd } from '@treadle/optim';
import { memory, setSeed, type Tensor, tensor } from '@treadle/tensor';
import { type Model, sequential } from '@treadle/train';
import { describe, expect, test } from 'vitest';

const rows = 500;
const make = (columns: number): Tensor =>
  tensor(
    Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i)),
    { shape: [rows, columns] },
  )
    .add(0)
    .realize();

function compiled(): Model {
  setSeed(1);
  const model = sequential([dense(2, { inputShape: [8] })]);
  model.compile({ optimizer: sgd(0.01), loss: meanSquaredError() });
  return model;
}

/** In batches that leave the event loop free between them, and in one. */
const calls: Readonly<Record<string, (model: Model, x: Tensor, y: Tensor) => Promise<unknown>>> = {
  predict: async (model, x) => (await model.predict(x, { batchSize: 64 })).toArray(),
  'predict in one batch': async (model, x) => (await model.predict(x, { batchSize: rows })).toArray(),
  evaluate: (model, x, y) => model.evaluate(x, y, { batchSize: 64 }),
  fit: async (model, x, y) => (await model.fit(x, y, { epochs: 2, batchSize: 64, verbose: 0, seed: 1 })).history,
  'fit with validation data': async (model, x, y) =>
    (await model.fit(x, y, { batchSize: 64, verbose: 0, seed: 1, validationData: [x, y] })).history,
  'fit with a validation split': async (model, x, y) =>
    (await model.fit(x, y, { batchSize: 64, verbose: 0, seed: 1, validationSplit: 0.25 })).history,
};

describe.each(Object.entries(calls))('%s', (_name, call) => {
  test('gives the same when what it was given is disposed of while it works', async () => {
    const outcomes = await Promise.all(
      [false, true].map(async (isDisposed) => {
        const [x, y] = [make(8), make(2)];
        const outcome = call(compiled(), x, y);
        if (isDisposed) for (const t of [x, y]) t.dispose();
        return outcome;
      }),
    );
    expect(outcomes[1]).toEqual(outcomes[0]);
  });

  test('leaves what it was given as it was', async () => {
    const [x, y] = [make(8), make(2)];
    await call(compiled(), x, y);
    expect([x.data(), y.data()]).toEqual([make(8).data(), make(2).data()]);
  });
});

test.each([64, rows])('predict, in batches of %i, holds nothing of its rows afterwards', async (batchSize) => {
  const [model, x] = [compiled(), make(8)];
  await model.predict(x, { batchSize });
  const before = memory().tensors;
  x.dispose();
  expect(before - memory().tensors).toBe(1);
});
