// A model whose output is one figure a sample may give [n] or [n, 1]: both learn, are weighted and are measured alike.

import { dense, type Layer } from '@treadle/nn';
import { setSeed } from '@treadle/tensor';
import { type Model, sequential } from '@treadle/train';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bitsOf, labelled, noise } from './models.ts';

const rows = 30;
const { x, y: labels } = labelled(rows);
const y = labels.greater(0).cast('float32').realize();
const weight = Float32Array.from({ length: rows }, (_, i) => Math.abs(noise(i)) + 0.5);

/** [batch, 1] → [batch] */
const single: Layer = { variables: [], build: () => [], call: (t) => t.squeeze(-1) };

function make(last: readonly Layer[], loss: (typeof losses)[number]): Model {
  setSeed(2);
  const model = sequential([dense(1, { activation: 'sigmoid', inputShape: [4] }), ...last]);
  model.compile({ optimizer: 'adam', loss, metrics: [...metrics] });
  return model;
}

const losses = [
  'mse',
  'mae',
  'msle',
  'huber',
  'logCosh',
  'poisson',
  'hinge',
  'squaredHinge',
  'binaryCrossentropy',
] as const;
const metrics = ['accuracy', 'mse', 'rmse', 'mae', 'mape', 'msle', 'precision', 'recall', 'auc', 'r2'] as const;

describe('an output [n]', () => {
  test('has the figures and the training of an output [n, 1], in batches of any size, weighted or not', async () => {
    const cases = fc.record({
      loss: fc.constantFrom(...losses),
      batchSize: fc.integer({ min: 1, max: rows + 1 }),
      isWeighted: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ loss, batchSize, isWeighted }) => {
        const run = async (last: readonly Layer[]): Promise<unknown> => {
          const model = make(last, loss);
          const options = { batchSize, ...(isWeighted && { sampleWeight: weight }) };
          const figures = await model.evaluate(x, y, options);
          const { history } = await model.fit(x, y, { ...options, epochs: 2, seed: 1, verbose: 0 });
          return [figures, history, bitsOf(model)];
        };
        expect(await run([single])).toEqual(await run([]));
      }),
      { numRuns: 12, examples: losses.map((loss) => [{ loss, batchSize: 7, isWeighted: true }]) },
    );
  });
});
