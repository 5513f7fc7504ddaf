// One sample in twenty is a yes. A model that hardly ever says so is right in most cases, and of little use. Let the yeses count
// together as much as the noes, and the limit moves to the middle between the two.

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
const [noes, yeses] = [7600, 400];
const x = concat([randomNormal([noes, 1]), randomNormal([yeses, 1], { mean: 2 })]).realize();
const y = concat([zeros([noes, 1]), ones([yeses, 1])]).realize();
const loss = binaryCrossentropy({ fromLogits: true });

async function learn(weightOfYes: number): Promise<object> {
  const model = sequential([dense(1, { inputShape: [1] })]);
  const variables = model.trainableVariables;
  const optimizer = adam(0.1);
  const weight = where(y.greater(0), weightOfYes, 1);
  const step = compile(() => optimizer.apply(gradients(loss(y, model.call(x), weight), variables), variables));
  for (let i = 0; i < 300; i++) step();

  const threshold = 0; // the model gives logits
  const figures = [
    metrics.binaryAccuracy({ threshold }),
    metrics.precision({ threshold }),
    metrics.recall({ threshold }),
  ];
  model.compile({ optimizer, loss, metrics: figures });
  const { loss: _, ...logs } = await model.evaluate(x, y);
  const [w = Number.NaN, b = Number.NaN] = variables.map((v) => v.item());
  const row = { 'yes from x =': -b / w, ...logs };
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value?.toFixed(3))]));
}

console.table({ 'all count alike': await learn(1), 'a yes counts 19 times': await learn(noes / yeses) });
