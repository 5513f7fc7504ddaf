// Rows of few bytes: a model that learns from uint8, or from float16, learns what it learns from the same numbers as float32, to
// the bit, and answers alike. The rows stay as they were given; only those of a batch are widened.

import { conv2d, dense, embedding, flatten, globalAveragePooling1d, maxPooling2d } from '@treadle/nn';
import { adam } from '@treadle/optim';
import { type Dtype, memory, setSeed, type Tensor, tensor } from '@treadle/tensor';
import { type Model, sequential } from '@treadle/train';
import { describe, expect, test } from 'vitest';
import { bitsOf, differenceOf } from './models.ts';

const rows = 90;
const bytes = Uint8Array.from({ length: rows * 64 }, (_, i) => (i * i * 31 + i * 7) % 256);
const labels = Uint8Array.from({ length: rows }, (_, i) => (i * 5) % 3);

const models: Readonly<Record<string, { readonly shape: readonly number[]; readonly make: () => Model }>> = {
  dense: {
    shape: [64],
    make: () => sequential([dense(8, { activation: 'tanh', inputShape: [64] }), dense(3, { activation: 'softmax' })]),
  },
  convolution: {
    shape: [8, 8, 1],
    make: () =>
      sequential([
        conv2d(4, 3, { activation: 'relu', inputShape: [8, 8, 1] }),
        maxPooling2d(2),
        flatten(),
        dense(3, { activation: 'softmax' }),
      ]),
  },
  embedding: {
    shape: [64],
    make: () =>
      sequential([
        embedding(256, 4, { inputShape: [64] }),
        globalAveragePooling1d(),
        dense(3, { activation: 'softmax' }),
      ]),
  },
};

function compiled(make: () => Model): Model {
  setSeed(3);
  const model = make();
  model.compile({ optimizer: adam(0.01), loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
  return model;
}

describe.each(Object.entries(models))('%s', (_name, { shape, make }) => {
  test.each(['uint8', 'float16'] as const)('learns from %s what it learns from float32', async (dtype) => {
    const learn = async (stored: Dtype, y: Tensor) => {
      const x = tensor(bytes, { shape: [rows, ...shape], dtype: stored });
      const model = compiled(make);
      const { history } = await model.fit(x, y, {
        epochs: 2,
        batchSize: 16,
        seed: 1,
        verbose: 0,
        validationSplit: 0.2,
      });
      const scores = await model.evaluate(x, y, { batchSize: 40 });
      const answers = [await model.predict(x, { batchSize: 32 }), await model.predict(x)].map((t) => t.data());
      return { model, history, scores, answers };
    };
    const narrow = await learn(dtype, tensor(labels, { dtype: 'uint8' }));
    const wide = await learn('float32', tensor(labels));
    expect(differenceOf(bitsOf(narrow.model), bitsOf(wide.model))).toBeUndefined();
    expect([narrow.history, narrow.scores, narrow.answers]).toEqual([wide.history, wide.scores, wide.answers]);
  });
});

test('float16 that is not finite is refused as float32 is, few of them and many', async () => {
  const model = compiled(() => sequential([dense(2, { activation: 'softmax', inputShape: [2] })]));
  for (const count of [4, 2 ** 17]) {
    const values = new Float32Array(2 * count).fill(1);
    values[5] = 1e6; // beyond float16
    const x = tensor(values, { dtype: 'float16', shape: [count, 2] });
    const wrong = 'fit: x must hold finite numbers; got Infinity in row 2';
    await expect(model.fit(x, new Int32Array(count), { verbose: 0 })).rejects.toThrow(wrong);
  }
});

test('fit and predict keep rows of uint8 as bytes', async () => {
  const [count, columns] = [20_000, 256];
  const empty = memory().bytesInUse;
  const x = tensor(new Uint8Array(count * columns), { dtype: 'uint8', shape: [count, columns] })
    .flip()
    .realize();
  const given = memory().bytesInUse;
  expect(given - empty).toBeLessThan(4 * count * columns);
  const y = tensor(new Uint8Array(count), { dtype: 'uint8' });
  const model = compiled(() => sequential([dense(2, { activation: 'softmax', inputShape: [columns] })]));
  await model.fit(x, y, { epochs: 1, batchSize: 100, verbose: 0 });
  await model.predict(x, { batchSize: 100 });
  expect(memory().bytesInUse - given).toBeLessThan(count * columns); // nothing of theirs has room for the rows as floats
});
