// Early stopping. With few samples the training loss keeps falling, but the loss on unseen samples falls first and
// then rises: the network over-fits. Early stopping ends the training when the validation loss has not improved for
// some epochs (the patience), and restores the weights of the best epoch.

import { adam, dense, digits, earlyStopping, flatten, sequential, setSeed } from 'treadle';

const { train, test } = digits({ seed: 1 });
const [x, y] = [train.x.slice([0], [60]), train.y.slice([0], [60])];
const validationData = [test.x, test.y] as const;

async function learn(patience: number): Promise<object> {
  setSeed(1);
  const model = sequential([
    flatten({ inputShape: [8, 8, 1] }),
    dense(128, { activation: 'relu' }),
    dense(10, { activation: 'softmax' }),
  ]);
  model.compile({ optimizer: adam(0.01), loss: 'sparseCategoricalCrossentropy' });
  const callbacks = [earlyStopping({ patience, restoreBestWeights: patience < 200 })];
  const options = { epochs: 200, batchSize: 20, seed: 1, validationData, callbacks, verbose: 0 } as const;
  const { epoch, history } = await model.fit(x, y, options);

  const valLoss = history.valLoss ?? [];
  const best = Math.min(...valLoss);
  const { loss } = await model.evaluate(...validationData, { batchSize: 20 });
  return { epochs: epoch.length, 'best epoch': valLoss.indexOf(best) + 1, 'best loss': best, 'final loss': loss };
}

console.table({ 'no early stopping': await learn(200), 'patience 10': await learn(10) });
