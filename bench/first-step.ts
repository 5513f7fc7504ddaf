// First steps of training: models by name. As a program it makes the first step of the model that it is given, then some more,
// and prints what they took as JSON.

import { fileURLToPath } from 'node:url';
import {
  adam,
  batchNormalization,
  compile,
  conv2d,
  dense,
  globalAveragePooling1d,
  globalAveragePooling2d,
  gradients,
  input,
  layers,
  lstm,
  type Model,
  meanSquaredError,
  model,
  ones,
  randomNormal,
  type SymbolicTensor,
  sequential,
  shutdown,
  sparseCategoricalCrossentropy,
  type Tensor,
  tensor,
  transformerEncoder,
} from 'treadle';

/** A model and what it learns from; `classes` is how many it tells apart, 1 for a number. */
interface FirstStep {
  readonly model: Model;
  readonly sample: readonly number[];
  readonly batch: number;
  readonly classes: number;
}

function lstmOf(units: number, steps: number, batch: number, features: number): FirstStep {
  return { model: sequential([lstm(units), dense(1)]), sample: [steps, features], batch, classes: 1 };
}

function perceptron(sizes: readonly number[], batch: number): FirstStep {
  const [features = 1, ...widths] = sizes;
  const classes = widths.at(-1) ?? 1;
  const hidden = widths.slice(0, -1).map((units) => dense(units, { activation: 'relu' }));
  return { model: sequential([...hidden, dense(classes)]), sample: [features], batch, classes };
}

/** K. He et al., Deep residual learning for image recognition, 2015: the smallest one for images of 32 × 32. */
function resnet20(): FirstStep {
  const image = input([32, 32, 3]);
  const convolution = (x: SymbolicTensor, filters: number, size: number, strides: number): SymbolicTensor =>
    batchNormalization()(conv2d(filters, size, { strides, padding: 'same', useBias: false })(x));
  const relu = (x: SymbolicTensor): SymbolicTensor => layers.activation('relu')(x);
  let x = relu(convolution(image, 16, 3, 1));
  for (const filters of [16, 32, 64]) {
    for (let block = 0; block < 3; block++) {
      const strides = filters > 16 && block === 0 ? 2 : 1;
      const y = convolution(relu(convolution(x, filters, 3, strides)), filters, 3, 1);
      const short = strides === 1 ? x : convolution(x, filters, 1, strides);
      x = relu(layers.add()([short, y]));
    }
  }
  const outputs = dense(10)(globalAveragePooling2d()(x));
  return { model: model({ inputs: image, outputs }), sample: [32, 32, 3], batch: 32, classes: 10 };
}

function transformer(): FirstStep {
  const blocks = Array.from({ length: 4 }, () => transformerEncoder(768, 6));
  const all = sequential([...blocks, globalAveragePooling1d(), dense(10)]);
  return { model: all, sample: [128, 192], batch: 16, classes: 10 };
}

export const firstSteps: Readonly<Record<string, () => FirstStep>> = {
  '784-512-512-10, batch 128': () => perceptron([784, 512, 512, 10], 128),
  'LSTM 4 wide, 16 steps, batch 8': () => lstmOf(4, 16, 8, 4),
  'LSTM 4 wide, 64 steps, batch 8': () => lstmOf(4, 64, 8, 4),
  'LSTM 4 wide, 128 steps, batch 8': () => lstmOf(4, 128, 8, 4),
  'LSTM 4 wide, 256 steps, batch 8': () => lstmOf(4, 256, 8, 4),
  'LSTM 128 wide, 100 steps, batch 64': () => lstmOf(128, 100, 64, 16),
  'transformer, 4 layers, 192 wide, batch 16': transformer,
  'ResNet-20, batch 32': resnet20,
};

const laterSteps = 10;

async function measureFirst(make: () => FirstStep): Promise<void> {
  ones([4]).add(1).sum().item(); // what is done once in a process is no part of a step
  const { model: network, sample, batch, classes } = make();
  network.build(sample);
  const x = randomNormal([batch, ...sample], { seed: 1 }).realize();
  const y =
    classes > 1
      ? tensor(Int32Array.from({ length: batch }, (_, i) => i % classes))
      : randomNormal([batch, 1], { seed: 2 }).realize();
  const loss = classes > 1 ? sparseCategoricalCrossentropy({ fromLogits: true }) : meanSquaredError();
  const optimizer = adam(1e-3);
  const step = compile((x: Tensor, y: Tensor) => {
    const value = loss(y, network.call(x, { training: true }));
    optimizer.apply(gradients(value, network.trainableVariables), network.trainableVariables);
    return value;
  });
  const losses: number[] = [];
  const timed = (): number => {
    const start = performance.now();
    losses.push(step(x, y).item());
    return performance.now() - start;
  };
  const first = timed();
  const later = Array.from({ length: laterSteps }, timed).sort((a, b) => a - b);
  if (!((losses.at(-1) ?? 0) < (losses[0] ?? 0))) throw new Error(`the loss does not fall: ${losses}`);
  const [best, median] = [later[0] ?? 0, later[laterSteps >> 1] ?? 0];
  console.log(JSON.stringify({ first, best, median, megabytes: process.memoryUsage.rss() / 1e6 }));
  await shutdown();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const make = firstSteps[process.argv[2] ?? ''];
  if (!make)
    throw new RangeError(`first-step: models are ${Object.keys(firstSteps).join('; ')}; got ${process.argv[2]}`);
  await measureFirst(make);
}
