// Robust regression: a line through points where every tenth point is an outlier. The squared error is dominated by
// the outliers; the Huber loss is not.

import { adam, dense, huber, meanSquaredError, randomNormal, sequential, setSeed, tensor } from 'treadle';

setSeed(4);
const n = 200;
const x = randomNormal([n, 1]).realize();
const outliers = tensor(Array.from({ length: n }, (_, i) => [i % 10 === 0 ? 30 : 0]));
const y = x
  .mul(2)
  .add(1)
  .add(randomNormal([n, 1], { stddev: 0.1 }))
  .add(outliers)
  .realize();

for (const [name, loss] of [
  ['squared error', meanSquaredError()],
  ['Huber', huber({ delta: 0.5 })],
] as const) {
  const line = sequential([dense(1, { inputShape: [1] })]);
  line.compile({ optimizer: adam(0.1), loss });
  await line.fit(x, y, { epochs: 150, batchSize: n, verbose: 0 });
  const { 'dense/kernel': slope, 'dense/bias': offset } = line.getWeights();
  console.log(`${name}: y = ${slope!.item().toFixed(2)} x + ${offset!.item().toFixed(2)}`);
}
