// Sentiment analysis with a bag of embeddings: is a review positive? Each word has a vector, a review is the mean of
// the vectors of its words, and one unit classifies the mean. The reviews are generated from positive, negative and
// neutral words. Shorter reviews are padded with 0, and a mask leaves the padding out of the mean.

import { adam, dense, embedding, type Layer, sequential, setSeed, tensor } from 'treadle';

const positive = 'good great lovely fine brilliant moving'.split(' ');
const negative = 'bad dull awful weak boring clumsy'.split(' ');
const neutral = 'the a film plot actor scene was and of it with music story an end'.split(' ');
const words = ['', ...positive, ...negative, ...neutral];

setSeed(1);
let state = 5;
/** a random whole number below n */
const random = (n: number): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * n);
};
const length = 12;
const reviews = Array.from({ length: 600 }, (_, i) => {
  const decisive = i % 2 === 1 ? positive : negative;
  const chosen = Array.from({ length: 5 + random(length - 4) }, () => neutral[random(neutral.length)]!);
  chosen[random(chosen.length)] = decisive[random(decisive.length)]!;
  return Array.from({ length }, (_, at) => words.indexOf(chosen[at] ?? ''));
});
const x = tensor(reviews).cast('int32');
const y = tensor(reviews.map((_, i) => [i % 2]));

/** A custom layer: the mean over the words that the mask does not exclude. [n, words, features] → [n, features] */
const meanOfWords: Layer = {
  kind: 'meanOfWords',
  variables: [],
  build: ([, features = 0]) => [features],
  call: (vectors, { mask }) => {
    if (!mask) return vectors.mean(1);
    const counts = mask.cast('float32').expandDims(2);
    return vectors.mul(counts).sum(1).div(counts.sum(1));
  },
};

const model = sequential([
  embedding(words.length, 8, { maskZero: true, inputShape: [length] }),
  meanOfWords,
  dense(1, { activation: 'sigmoid' }),
]);
model.compile({ optimizer: adam(0.03), loss: 'binaryCrossentropy', metrics: ['accuracy'] });
await model.fit(x.slice([0], [500]), y.slice([0], [500]), { epochs: 15, verbose: 0, seed: 1 });
const { accuracy } = await model.evaluate(x.slice([500]), y.slice([500]));
console.log(`${(100 * (accuracy ?? 0)).toFixed(1)} % of 100 unseen reviews are classified correctly`);

const vectors = model.getWeights()['embedding/embeddings']!;
const weights = vectors.matmul(model.getWeights()['dense/kernel']!).data();
const order = words.map((word, i) => ({ word, weight: weights[i]! })).sort((a, b) => b.weight - a.weight);
console.log(
  `most positive: ${order
    .slice(0, 6)
    .map(({ word }) => word)
    .join(' ')}`,
);
console.log(
  `most negative: ${order
    .slice(-6)
    .map(({ word }) => word)
    .join(' ')}`,
);
