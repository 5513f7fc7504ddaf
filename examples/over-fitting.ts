// A network with room to spare learns 100 digits by heart, the wrong labels among them, and pays for it on digits it has not seen.
// L2 keeps its weights small; dropout never lets it rely on any one unit. Both leave less of a gap between the two losses.
// Batch normalization is no such cure: it learns faster, by heart too.

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
const right = train.y.slice([0], [100]);
const y = randomUniform([100], { seed: 1 }).less(0.2).where(right.add(1).mod(10), right); // a fifth is one too high

/** Two hidden layers, each followed by what is given. */
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

  // the cross-entropy alone: the model's loss has the penalty in it as well
  const entropy = sparseCategoricalCrossentropy();
  const lossOn = async (x: Tensor, y: Tensor): Promise<number> => entropy(y, await model.predict(x)).item();
  const [learned, unseen] = [await lossOn(x, y), await lossOn(test.x, test.y)];
  return Object.fromEntries(
    Object.entries({ learned, unseen, gap: unseen - learned }).map(([name, loss]) => [name, Number(loss.toFixed(3))]),
  );
}

console.table({
  plain: await learn(),
  'l2(0.01)': await learn(l2(0.01)),
  'dropout(0.5)': await learn(undefined, () => [dropout(0.5)]),
  'batch normalization': await learn(undefined, () => [batchNormalization({ momentum: 0.9 })]),
});
