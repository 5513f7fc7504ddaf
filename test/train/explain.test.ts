// The plan of a model's training step: told without learning, and laid out near the least memory possible.

import { dense } from '@treadle/nn';
import { randomNormal, tensor } from '@treadle/tensor';
import { type Model, sequential } from '@treadle/train';
import { expect, test } from 'vitest';

function network(sizes: readonly number[]): Model {
  const [features = 1, ...layers] = sizes;
  const hidden = layers.slice(0, -1).map((units) => dense(units, { activation: 'relu' }));
  const model = sequential([...hidden, dense(layers.at(-1) ?? 1)]);
  model.build([features]);
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  return model;
}

const rowsOf = (sizes: readonly number[], n: number) =>
  [randomNormal([n, sizes[0] ?? 1], { seed: 1 }), randomNormal([n, sizes.at(-1) ?? 1], { seed: 2 })] as const;

test('nothing is learned by explaining', () => {
  const model = network([3, 4, 2]);
  const weights = () => Object.values(model.getWeights()).map((w) => w.data());
  const before = weights();
  const plan = model.explain(...rowsOf([3, 4, 2], 10), { batchSize: 5 });
  expect(weights()).toEqual(before);
  expect(model.optimizer.iterations.item()).toBe(0);
  const products = plan.kernels.filter(({ kind }) => kind === 'matmul');
  expect(products.map(({ shape }) => shape)).toEqual(
    expect.arrayContaining([
      [5, 3, 4],
      [5, 4, 2],
      [5, 2, 4],
    ]),
  );
  expect(products).toHaveLength(5); // forward and weights for two layers, inputs for one
});

test.each([
  [[2, 3, 1], 4],
  [[8, 16, 8, 4], 32],
  [[784, 128, 10], 32],
  [[784, 512, 512, 10], 128],
  [[64, 256, 32, 256, 8], 256],
  [[512, 256, 128, 64, 32, 64, 128, 256, 512], 64],
])('a step of %o with batches of %i has an arena within 15 % of the least possible', (sizes, batch) => {
  const { arena } = network(sizes).explain(...rowsOf(sizes, batch), { batchSize: batch });
  expect(arena.bytes).toBeLessThanOrEqual(1.15 * arena.bytesAlive + 64);
});

test('what fit would not take is refused', () => {
  const model = network([3, 4, 2]);
  expect(() => model.explain(tensor([[1, 2, 3]]), tensor([[1, 2, 3]]))).toThrow(/yTrue|shape/);
  expect(() => sequential([dense(1)]).explain([[1]], [[1]])).toThrow('explain: the model must be compiled');
});
