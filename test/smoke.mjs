// The built package on whatever Node runs this file: it loads, and does a little of what it is for. Plain JavaScript and
// nothing but Node, so that it says the same as a user's first program would. It ends by itself, its threads asleep.

import { deepStrictEqual, ok } from 'node:assert/strict';
import process from 'node:process';
import { adam, dense, features, grad, matmul, sequential, setSeed, tensor } from '../packages/treadle/dist/index.js';

const { simd, fma, threads } = features();
console.log(`smoke: Node ${process.version}, ${threads} threads, ${simd}-bit vectors, fused multiply-add: ${fma}`);

// small whole numbers: exact at every level
const a = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);
deepStrictEqual(matmul(a, a, { transposeB: true }).toArray(), [
  [14, 32],
  [32, 77],
]);

// d Σx³ / dx = 3x²
deepStrictEqual(grad((x) => x.pow(3).sum())(tensor([1, 2, -3])).toArray(), [3, 12, 27]);

setSeed(1);
const x = Array.from({ length: 64 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]);
const y = x.map(([p, q]) => [p > q ? 1 : 0]);
const model = sequential([dense(8, { activation: 'tanh', inputShape: [2] }), dense(1, { activation: 'sigmoid' })]);
model.compile({ optimizer: adam(0.05), loss: 'binaryCrossentropy', metrics: ['accuracy'] });
const { history } = await model.fit(x, y, { epochs: 60, batchSize: 16, seed: 1, verbose: 0 });
ok(
  history.loss.at(-1) < history.loss[0] / 4,
  `the loss should fall; it went from ${history.loss[0]} to ${history.loss.at(-1)}`,
);
const { accuracy } = await model.evaluate(x, y);
ok(accuracy > 0.95, `what was learned should be known; got an accuracy of ${accuracy}`);
const answers = await model.predict([
  [1, -1],
  [-1, 1],
]);
const [yes, no] = answers.data();
ok(yes > 0.9 && no < 0.1, `p > q should be told from p < q; got ${yes} and ${no}`);
console.log(
  `smoke: loss ${history.loss[0].toFixed(3)} → ${history.loss.at(-1).toFixed(3)}, accuracy ${accuracy.toFixed(3)}`,
);
