// Trains a small model on the embedded digits, and prints a digest of its weights with the level of instructions that trained it: the
// same on all hosts where multiply-adds round alike.

import { digits } from '@treadle/data';
import { conv2d, dense, flatten } from '@treadle/nn';
import { adam } from '@treadle/optim';
import { features, setSeed } from '@treadle/tensor';
import { sequential } from '@treadle/train';
import { bitsOf } from '../support/bits.ts';

setSeed(7);
const { train } = digits({ seed: 1 });
const model = sequential([
  conv2d(4, 3, { activation: 'relu', inputShape: [8, 8, 1] }),
  flatten(),
  dense(32, { activation: 'tanh' }),
  dense(10, { activation: 'softmax' }),
]);
model.compile({ optimizer: adam(1e-3), loss: 'sparseCategoricalCrossentropy' });
await model.fit(train.x, train.y, { epochs: 2, batchSize: 32, seed: 3, verbose: 0 });

/** FNV-1a over words of 32 bits. */
let digest = 0x811c9dc5;
for (const variable of model.variables) {
  for (const word of bitsOf(variable.data())) digest = Math.imul(digest ^ word, 0x01000193) >>> 0;
}
console.log(JSON.stringify({ digest: digest.toString(16), fma: features().fma }));
