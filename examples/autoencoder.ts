// An autoencoder compresses handwritten digits: 64 pixels become a code of 8 numbers, and the code becomes 64 pixels
// again. It is trained to output its own input. The encoder, the decoder and the autoencoder are three models that
// share their layers.

import { adam, dense, digits, input, model, sequential, setSeed } from 'treadle';

setSeed(3);
const { train, test } = digits({ seed: 1 });
const flat = (images: typeof train.x) => images.reshape([-1, 64]);

const pixels = input([64]);
const code = dense(8)(dense(48, { activation: 'relu' })(pixels));
const encoder = model({ inputs: pixels, outputs: code, name: 'encoder' });
const decoder = sequential([dense(48, { activation: 'relu', inputShape: [8] }), dense(64, { activation: 'sigmoid' })], {
  name: 'decoder',
});
const autoencoder = model({ inputs: pixels, outputs: decoder(encoder(pixels)), name: 'autoencoder' });
console.log(autoencoder.summary());

autoencoder.compile({ optimizer: adam(3e-3), loss: 'meanSquaredError' });
const mean = flat(train.x).mean(0);
const errorOfMean = flat(test.x).sub(mean).square().mean().item();
await autoencoder.fit(flat(train.x), flat(train.x), { epochs: 25, batchSize: 64, verbose: 0, seed: 1 });
const { loss } = await autoencoder.evaluate(flat(test.x), flat(test.x));
console.log(`error ${loss.toFixed(4)}; the mean image has ${errorOfMean.toFixed(4)}`);

const draw = (image: Float32Array): string[] =>
  Array.from({ length: 8 }, (_, row) =>
    [...image.subarray(8 * row, 8 * row + 8)].map((v) => ' .:-=+*#'[Math.min(7, Math.floor(8 * v))]).join(''),
  );
const one = flat(test.x).slice([0], [1]);
const decoded = await decoder.predict(await encoder.predict(one));
const [before, after] = [one, decoded].map((t) => draw(Float32Array.from(t.data())));
console.log(before!.map((line, i) => `${line}  →  ${after![i]}`).join('\n'));
