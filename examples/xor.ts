// XOR is the smallest problem that a network without a hidden layer cannot solve. Here one hidden layer of four units
// solves it.

import { adam, dense, sequential, setSeed, tensor } from 'treadle';

setSeed(7);
const x = tensor([
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
]);
const y = tensor([[0], [1], [1], [0]]);

const model = sequential([dense(4, { activation: 'tanh', inputShape: [2] }), dense(1, { activation: 'sigmoid' })]);
model.compile({ optimizer: adam(0.05), loss: 'binaryCrossentropy', metrics: ['accuracy'] });
console.log(model.summary());

await model.fit(x, y, { epochs: 500, batchSize: 4, verbose: 0 });
console.log(await model.evaluate(x, y));
console.log(await model.predict(x));
