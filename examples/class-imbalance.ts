// Class imbalance: one sample in twenty is positive. A model that almost always answers "no" has a high accuracy, but
// it misses most positive samples (low recall). If the positive samples get a larger weight, so that both classes
// count the same in total, the decision boundary moves to the middle between the classes: recall rises, precision
// falls.

import {
  adam,
  binaryCrossentropy,
  compile,
  concat,
  dense,
  gradients,
  metrics,
  ones,
  randomNormal,
  sequential,
  setSeed,
  where,
  zeros,
} from 'treadle';

setSeed(1);
const [negatives, positives] = [7600, 400];
const x = concat([randomNormal([negatives, 1]), randomNormal([positives, 1], { mean: 2 })]).realize();
const y = concat([zeros([negatives, 1]), ones([positives, 1])]).realize();
const loss = binaryCrossentropy({ fromLogits: true });

async function learn(positiveWeight: number): Promise<object> {
  const model = sequential([dense(1, { inputShape: [1] })]);
  const variables = model.trainableVariables;
  const optimizer = adam(0.1);
  const weight = where(y.greater(0), positiveWeight, 1);
  const step = compile(() => optimizer.apply(gradients(loss(y, model.call(x), weight), variables), variables));
  for (let i = 0; i < 300; i++) step();

  const threshold = 0; // the model outputs logits: 0 means a probability of 0.5
  const chosen = [
    metrics.binaryAccuracy({ threshold }),
    metrics.precision({ threshold }),
    metrics.recall({ threshold }),
  ];
  model.compile({ optimizer, loss, metrics: chosen });
  const { loss: _, ...logs } = await model.evaluate(x, y);
  const [w = Number.NaN, b = Number.NaN] = variables.map((v) => v.item());
  const row = { 'decision boundary': -b / w, ...logs };
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value?.toFixed(3))]));
}

console.table({ 'equal weights': await learn(1), 'positives weigh 19': await learn(negatives / positives) });
