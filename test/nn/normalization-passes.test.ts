// How often batch normalization goes over its images, as explain tells of it: what fusion must keep it to.

import { activations, batchNormalization, conv2d } from '@treadle/nn';
import { explain, gradients, randomNormal, type Tensor } from '@treadle/tensor';
import { expect, test } from 'vitest';

const x = randomNormal([8, 16, 16, 32], { seed: 1 });
const whole = 4 * x.size;

/** What the kernels that read or write as many bytes as there are in the images read and write, in images. */
function passes(f: (x: Tensor) => Tensor | readonly Tensor[]): readonly string[] {
  const part = (bytes: number): number => Math.round(bytes / whole);
  return explain(f)(x)
    .kernels.filter(({ bytesRead, bytesWritten }) => part(bytesRead) + part(bytesWritten) > 0)
    .map(({ bytesRead, bytesWritten }) => `${part(bytesRead)} → ${part(bytesWritten)}`);
}

test('training reads the images for the mean, for the variance and for the values, which it writes once', () => {
  const layer = batchNormalization();
  layer.build([16, 16, 32]);
  expect(passes((images) => activations.relu(layer.call(images, { training: true })))).toEqual([
    '1 → 0',
    '1 → 0',
    '1 → 1',
  ]);
});

test('its gradients take one pass for all sums, and one for that of the images', () => {
  const layer = batchNormalization();
  layer.build([16, 16, 32]);
  const dy = randomNormal(x.shape, { seed: 2 }).realize();
  const all = passes((images) => {
    const y = layer.call(images, { training: true });
    return gradients(y.mul(dy).sum(), [images, ...layer.variables.filter(({ trainable }) => trainable)]);
  });
  // the mean; then the variance, Σ dy and Σ dy·(x − mean) at once, because dy is there from the beginning; then dx
  expect(all).toEqual(['1 → 0', '2 → 0', '2 → 1']);
});

test('in inference it is part of the convolution before it', () => {
  const [convolution, normalization] = [conv2d(32, 3, { padding: 'same', useBias: false }), batchNormalization()];
  expect(passes((images) => activations.relu(normalization.call(convolution.call(images))))).toEqual(['1 → 1']);
});
