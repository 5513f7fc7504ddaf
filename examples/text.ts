// A language model for a small grammar, trained on characters: a transformer with two layers, or, with the first
// argument `lstm`, an LSTM. The second argument is the number of epochs. The loss is compared with the entropy of the
// grammar, which no model can beat; the first characters of each window cost more, because the model does not see
// what comes before.

import {
  adam,
  dense,
  embedding,
  input,
  layers,
  lstm,
  model,
  positionEmbedding,
  setSeed,
  sparseCategoricalCrossentropy,
  tensor,
  transformerEncoder,
} from 'treadle';

const grammar = [
  ['the cat', 'a dog', 'my old friend', 'nobody', 'every child'],
  [' sees', ' hears', ' finds', ' likes'],
  [' the moon', ' a bird', ' some water', ' his house', ' you'],
  ['. ', ' again. '],
];

setSeed(1);
let state = 1;
/** a random element */
const choose = <T>(from: readonly T[]): T => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return from[Math.floor((state / 2 ** 32) * from.length)]!;
};
let text = '';
while (text.length < 20_000) for (const choices of grammar) text += choose(choices);

/** Nats in a sentence: all choices of a part are equally likely. */
const nats = grammar.reduce((sum, part) => sum + Math.log(part.length), 0);
/** Nats per character. */
const entropy = nats / grammar.reduce((sum, part) => sum + part.join('').length / part.length, 0);

const characters = [...new Set(text)].sort();
const codes = Int32Array.from(text, (c) => characters.indexOf(c));
const [steps, windows] = [40, 480];
const windowsFrom = (offset: number) =>
  tensor(
    Int32Array.from(
      { length: windows * steps },
      (_, i) => codes[Math.floor(i / steps) * steps + (i % steps) + offset]!,
    ),
    { shape: [windows, steps] },
  );

const x = input([steps]);
const letters = embedding(characters.length, 64)(x);
let h = letters;
if (process.argv[2] === 'lstm') {
  h = lstm(64, { returnSequences: true })(letters);
} else {
  h = layers.add()([letters, positionEmbedding(steps)(letters)]);
  for (let i = 0; i < 2; i++) h = transformerEncoder(128, 4, { useCausalMask: true })(h);
}
const next = model({ inputs: x, outputs: dense(characters.length)(h) });
next.compile({ optimizer: adam(4e-3), loss: sparseCategoricalCrossentropy({ fromLogits: true }) });
const epochs = Number(process.argv[3] ?? 30);
const { history } = await next.fit(windowsFrom(0), windowsFrom(1), { epochs, verbose: 0, seed: 1 });
console.log(
  `${history.loss.at(-1)?.toFixed(3)} nats per character, ${Math.log(characters.length).toFixed(3)} before training; the entropy of the grammar is ${entropy.toFixed(3)}`,
);

// Generates text: appends the most likely next character, again and again.
let generated = 'my old';
while (generated.length < 2 * steps) {
  const seen = generated.slice(-steps);
  const logits = await next.predict(tensor([[...seen.padEnd(steps)].map((c) => characters.indexOf(c))]).cast('int32'));
  generated +=
    characters[
      logits
        .slice([0, seen.length - 1], [1, seen.length])
        .argmax(-1)
        .item()
    ];
}
console.log(generated);
