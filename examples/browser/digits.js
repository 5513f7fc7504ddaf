// Trains a network on the embedded digits in a web page, counts the frames that the page draws meanwhile, and shows what it reads.

import { adam, dense, digits, flatten, sequential, setSeed, sparseCategoricalCrossentropy } from 'treadle';

const status = document.querySelector('#status');
const frames = [performance.now()];
let isTraining = true;
requestAnimationFrame(function draw(now) {
  frames.push(now);
  if (isTraining) requestAnimationFrame(draw);
});

setSeed(1);
const { train, test } = digits({ seed: 1 });
const model = sequential([flatten({ inputShape: [8, 8, 1] }), dense(64, { activation: 'relu' }), dense(10)]);
model.compile({
  optimizer: adam(5e-3),
  loss: sparseCategoricalCrossentropy({ fromLogits: true }),
  metrics: ['accuracy'],
});
const began = performance.now();
const onEpochEnd = (epoch, { accuracy }) => {
  status.textContent = `epoch ${epoch + 1}: ${(100 * accuracy).toFixed(1)} % of the training digits`;
};
await model.fit(train.x, train.y, { epochs: 20, verbose: 0, callbacks: [{ onEpochEnd }] });
const seconds = (performance.now() - began) / 1000;
isTraining = false;
const { accuracy } = await model.evaluate(test.x, test.y);
const drawn = frames.filter((time) => time >= began).length;
globalThis.figures = { seconds, accuracy, framesPerSecond: drawn / seconds };
status.textContent =
  `${(100 * accuracy).toFixed(1)} % of the digits it has not seen, after ${seconds.toFixed(2)} s, ` +
  `in which the page drew ${drawn} frames`;

const pixels = await test.x.read();
const context = document.querySelector('#digits').getContext('2d');
for (let i = 0; i < 40; i++) {
  const image = context.createImageData(8, 8);
  for (let p = 0; p < 64; p++) image.data[4 * p + 3] = 255 * pixels[64 * i + p];
  context.putImageData(image, 8 * (i % 10), 8 * Math.floor(i / 10));
}
