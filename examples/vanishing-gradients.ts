// Vanishing gradients: why deep networks with sigmoids learn badly. In the backward pass each layer multiplies the
// gradient by its weights and by σ′ ≤ 1/4, so almost nothing reaches the first layers. Batch normalization widens the
// distribution before each sigmoid, and relu has the derivative 1 where it is active. With either of them the
// gradient reaches the first layer.

import {
  activation,
  batchNormalization,
  compile,
  dense,
  digits,
  flatten,
  gradients,
  type Layer,
  sequential,
  setSeed,
  sgd,
  sparseCategoricalCrossentropy,
} from 'treadle';

setSeed(1);
const { train } = digits({ seed: 1 });
const loss = sparseCategoricalCrossentropy({ fromLogits: true });
const table: Record<string, object> = {};

const kinds: Record<string, () => Layer[]> = {
  sigmoid: () => [dense(32, { activation: 'sigmoid' })],
  'sigmoid, normalized': () => [dense(32), batchNormalization(), activation('sigmoid')],
  relu: () => [dense(32, { activation: 'relu', kernelInitializer: 'heUniform' })],
};

for (const [kind, hidden] of Object.entries(kinds)) {
  for (const depth of [2, 4, 8]) {
    const layers = Array.from({ length: depth }, hidden).flat();
    const model = sequential([flatten({ inputShape: [8, 8, 1] }), ...layers, dense(10)]);

    // the root mean square of each kernel's gradient before training, from the first layer to the last
    const kernels = model.trainableVariables.filter(({ name }) => name === 'kernel');
    const sizesOf = compile(() => {
      const gradientsOfKernels = gradients(loss(train.y, model.call(train.x, { training: true })), kernels);
      return gradientsOfKernels.map((g) => g.square().mean().sqrt());
    });
    const sizes = sizesOf().map((size) => size.item());

    model.compile({ optimizer: sgd(0.1), loss });
    const { history } = await model.fit(train.x, train.y, { epochs: 10, seed: 1, verbose: 0 });
    table[`${kind}, ${depth} layers`] = {
      'first gradient': Number(sizes[0]?.toPrecision(3)),
      'last gradient': Number(sizes.at(-1)?.toPrecision(3)),
      'loss after 10 epochs': Number(history.loss.at(-1)?.toPrecision(3)),
    };
  }
}
console.log(`The loss of guessing is ln 10 = ${Math.log(10).toFixed(2)}.`);
console.table(table);
