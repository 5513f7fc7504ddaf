// Models as people build them, by name: architecture, data and optimizer. Nothing is measured here.

import {
  batchNormalization,
  conv1d,
  conv2d,
  dense,
  depthwiseConv2d,
  embedding,
  flatten,
  globalAveragePooling1d,
  globalAveragePooling2d,
  gru,
  input,
  layers,
  lstm,
  type Model,
  model,
  type SymbolicTensor,
  sequential,
  transformerEncoder,
} from 'treadle';
import type { TorchVariant } from './report.ts';

/** A model and how it is trained. */
export interface Network {
  readonly name: string;
  /** its name in pytorch.py, and the sizes that pytorch.py needs to build the same model */
  readonly torch: readonly [kind: string, ...sizes: number[]];
  /** variants of the PyTorch model that are measured as well */
  readonly variants?: readonly TorchVariant[];
  readonly make: () => Model;
  /** the shape of an input without the batch */
  readonly sample: readonly number[];
  readonly batch: number;
  /** the target of a sample: one of this many classes, a number, or the sample itself */
  readonly target: number | 'number' | 'itself';
  /** inputs are whole numbers below this; normally distributed numbers by default */
  readonly below?: number;
  readonly optimizer: 'adam' | 'sgd';
  /** measured as epochs of this many batches with `fit`; as compiled steps by default */
  readonly batches?: number;
  /** measured only with --long, because it takes minutes or gigabytes */
  readonly isLong?: boolean;
}

function recurrentOf(kind: 'lstm' | 'gru', units: number, sample: readonly [steps: number, features: number]) {
  const layer = kind === 'lstm' ? lstm : gru;
  return {
    torch: [kind, units, sample[1]],
    make: () => sequential([layer(units), dense(1)]),
    sample,
    target: 'number',
    optimizer: 'adam',
  } as const;
}

function narrowLstm(steps: number): Network {
  return { name: `LSTM 4 wide, T = ${steps}, batch 8`, ...recurrentOf('lstm', 4, [steps, 4]), batch: 8 };
}

function fittedLstm(steps: number): Network {
  const name = `LSTM 32 wide, T = ${steps}, batch 64, fit of two batches`;
  return { name, ...recurrentOf('lstm', 32, [steps, 1]), batch: 64, batches: 2, isLong: steps > 100 };
}

function perceptronOf(sizes: readonly number[]) {
  const hidden = sizes.slice(1, -1).map((units) => () => dense(units, { activation: 'relu' }));
  const make = () => sequential([...hidden.map((layer) => layer()), dense(sizes.at(-1) ?? 1)]);
  return { torch: ['perceptron', ...sizes], make, sample: sizes.slice(0, 1), optimizer: 'adam' } as const;
}

function embeddingOf(rows: number): Network {
  return {
    name: `embedding ${rows.toLocaleString('en')} × 32, batch 256, sgd`,
    torch: ['embedding', rows, 32],
    variants: ['sparse gradients'],
    make: () => sequential([embedding(rows, 32), flatten(), dense(1)]),
    sample: [1],
    below: rows,
    batch: 256,
    target: 'number',
    optimizer: 'sgd',
  };
}

function transformer(): Model {
  const blocks = Array.from({ length: 4 }, () => transformerEncoder(768, 6));
  return sequential([...blocks, globalAveragePooling1d(), dense(10)]);
}

/**
 * K. He et al., Deep residual learning for image recognition, 2015: the smallest network for images of 32 × 32 pixels.
 */
function resnet20(): Model {
  const image = input([32, 32, 3]);
  const convolution = (x: SymbolicTensor, filters: number, size: number, strides: number): SymbolicTensor =>
    batchNormalization()(conv2d(filters, size, { strides, padding: 'same', useBias: false })(x));
  const relu = (x: SymbolicTensor): SymbolicTensor => layers.activation('relu')(x);
  let x = relu(convolution(image, 16, 3, 1));
  for (const filters of [16, 32, 64]) {
    for (let block = 0; block < 3; block++) {
      const strides = filters > 16 && block === 0 ? 2 : 1;
      const short = strides === 1 ? x : convolution(x, filters, 1, strides);
      const y = convolution(relu(convolution(x, filters, 3, strides)), filters, 3, 1);
      x = relu(layers.add()([short, y]));
    }
  }
  return model({ inputs: image, outputs: dense(10)(globalAveragePooling2d()(x)) });
}

/**
 * Alternating depthwise and 1 × 1 convolutions (A. Howard et al., MobileNets, 2017), small and without normalization.
 */
function mobileNet(): Model {
  const options = { padding: 'same', activation: 'relu' } as const;
  const blocks = [
    [64, 1],
    [128, 2],
    [128, 1],
    [256, 2],
    [256, 1],
  ] as const;
  const parts = blocks.flatMap(([filters, strides]) => [
    depthwiseConv2d(3, { ...options, strides }),
    conv2d(filters, 1, options),
  ]);
  return sequential([conv2d(32, 3, options), ...parts, globalAveragePooling2d(), dense(10)]);
}

function dilated(): Model {
  const convolutions = [1, 2, 4, 8].map((dilationRate) =>
    conv1d(64, 3, { padding: 'causal', dilationRate, activation: 'relu' }),
  );
  return sequential([...convolutions, globalAveragePooling1d(), dense(1)]);
}

const image = { sample: [32, 32, 3], batch: 32, target: 10, optimizer: 'adam', variants: ['channels-last'] } as const;

export const networks: readonly Network[] = [
  ...[16, 64, 128, 256].map(narrowLstm),
  { name: 'LSTM 128 wide, T = 100, batch 64', ...recurrentOf('lstm', 128, [100, 16]), batch: 64 },
  { name: 'GRU 128 wide, T = 100, batch 64', ...recurrentOf('gru', 128, [100, 16]), batch: 64 },
  ...[100, 400, 2000].map(fittedLstm),
  {
    name: 'transformer, 4 layers, 192 wide, 6 heads, T = 128, batch 16',
    torch: ['transformer', 192, 6, 768, 4],
    make: transformer,
    sample: [128, 192],
    batch: 16,
    target: 10,
    optimizer: 'adam',
  },
  { name: 'ResNet-20, 32×32×3, batch 32', torch: ['resnet20'], make: resnet20, ...image },
  { name: 'MobileNet-like, 32×32×3, batch 32', torch: ['mobilenet'], make: mobileNet, ...image },
  {
    name: 'dilated causal conv1d × 4, 64 wide, T = 512, batch 32',
    torch: ['dilated'],
    variants: ['channels-last'],
    make: dilated,
    sample: [512, 64],
    batch: 32,
    target: 'number',
    optimizer: 'adam',
  },
  {
    name: 'autoencoder 64-256-128-16-128-256-64, batch 256',
    ...perceptronOf([64, 256, 128, 16, 128, 256, 64]),
    batch: 256,
    target: 'itself',
  },
  embeddingOf(200_000),
  embeddingOf(1_000_000),
  { name: '784-512-512-10, batch 128', ...perceptronOf([784, 512, 512, 10]), batch: 128, target: 10 },
];
