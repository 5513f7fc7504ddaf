// Is it praise? A bag of embeddings: every word has a vector, a review is the mean of those of its words, and one unit decides. The
// reviews are made up of words that praise, words that blame, and many that do neither; 0 fills them up to one length.

import { adam, dense, embedding, type Layer, sequential, setSeed, tensor } from 'treadle';

const praise = 'good great lovely fine brilliant moving'.split(' ');
const blame = 'bad dull awful weak boring clumsy'.split(' ');
const neither = 'the a film plot actor scene was and of it with music story an end'.split(' ');
const words = ['', ...praise, ...blame, ...neither];

setSeed(1);
let state = 5;
const random = (n: number): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * n);
};
const length = 12;
const reviews = Array.from({ length: 600 }, (_, i) => {
  const telling = i % 2 === 1 ? praise : blame;
  const chosen = Array.from({ length: 5 + random(length - 4) }, () => neither[random(neither.length)]!);
  chosen[random(chosen.length)] = telling[random(telling.length)]!;
  return Array.from({ length }, (_, at) => words.indexOf(chosen[at] ?? ''));
});
const x = tensor(reviews).cast('int32');
const y = tensor(reviews.map((_, i) => [i % 2]));

/** A layer of one's own: the mean over the steps that the mask counts. */
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
console.log(`${(100 * (accuracy ?? 0)).toFixed(1)} % of 100 unseen reviews are understood`);

const vectors = model.getWeights()['embedding/embeddings']!;
const weights = vectors.matmul(model.getWeights()['dense/kernel']!).data();
const order = words.map((word, i) => ({ word, weight: weights[i]! })).sort((a, b) => b.weight - a.weight);
console.log(
  `praise: ${order
    .slice(0, 6)
    .map(({ word }) => word)
    .join(' ')}`,
);
console.log(
  `blame: ${order
    .slice(-6)
    .map(({ word }) => word)
    .join(' ')}`,
);
