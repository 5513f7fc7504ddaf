// Over-fitting and regularization. A large network memorizes 100 digits, including their wrong labels, and its loss
// on unseen digits is high. An L2 penalty keeps the weights small; dropout prevents the network from relying on
// single units. Both reduce the gap between the two losses. Batch normalization is no remedy: the network memorizes
// even faster.

import {
  adam,
  batchNormalization,
  dense,
  digits,
  dropout,
  flatten,
  type Layer,
  l2,
  type Regularizer,
  randomUniform,
  sequential,
  setSeed,
  sparseCategoricalCrossentropy,
  type Tensor,
} from 'treadle';

const { train, test } = digits({ seed: 1 });
const x = train.x.slice([0], [100]);
const trueLabels = train.y.slice([0], [100]);
const y = randomUniform([100], { seed: 1 }).less(0.2).where(trueLabels.add(1).mod(10), trueLabels); // 20 % are wrong: one too high

/** Trains a network with two hidden layers, each followed by the layers `between`. */
async function learn(kernelRegularizer?: Regularizer, between: () => Layer[] = () => []): Promise<object> {
  setSeed(1);
  const model = sequential([
    flatten({ inputShape: [8, 8, 1] }),
    dense(128, { activation: 'relu', kernelRegularizer }),
    ...between(),
    dense(128, { activation: 'relu', kernelRegularizer }),
    ...between(),
    dense(10, { activation: 'softmax', kernelRegularizer }),
  ]);
  model.compile({ optimizer: adam(1e-3), loss: 'sparseCategoricalCrossentropy' });
  await model.fit(x, y, { epochs: 150, batchSize: 20, seed: 1, verbose: 0 });

  // the cross-entropy alone: the loss of the model includes the penalty
  const entropy = sparseCategoricalCrossentropy();
  const lossOn = async (x: Tensor, y: Tensor): Promise<number> => entropy(y, await model.predict(x)).item();
  const [training, unseen] = [await lossOn(x, y), await lossOn(test.x, test.y)];
  return Object.fromEntries(
    Object.entries({ training, unseen, gap: unseen - training }).map(([name, loss]) => [name, Number(loss.toFixed(3))]),
  );
}

console.table({
  plain: await learn(),
  'l2(0.01)': await learn(l2(0.01)),
  'dropout(0.5)': await learn(undefined, () => [dropout(0.5)]),
  'batch normalization': await learn(undefined, () => [batchNormalization({ momentum: 0.9 })]),
});
