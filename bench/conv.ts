// Convolutions and their gradients, and compiled training steps of small convolutional networks (forward, backward,
// Adam).

import {
  adam,
  compile,
  conv2d,
  dense,
  flatten,
  gradients,
  type Layer,
  maxPooling2d,
  randomNormal,
  sequential,
  sparseCategoricalCrossentropy,
  type Tensor,
  tensor,
} from 'treadle';
import type { Rounds } from './measure.ts';
import { verifyTraining } from './verify.ts';
import { compute, measureWork, type Row, type Work } from './work.ts';

interface Convolution {
  readonly images: number;
  readonly size: number;
  readonly channels: number;
  readonly taps: number;
  readonly filters: number;
  readonly padding: 'valid' | 'same';
  /** 1 by default */
  readonly stride?: number;
  /** whether each filter reads only the channel with its own index */
  readonly isDepthwise?: boolean;
}

const convolutions: readonly Convolution[] = [
  { images: 32, size: 28, channels: 1, taps: 5, filters: 8, padding: 'same' },
  { images: 32, size: 14, channels: 8, taps: 5, filters: 16, padding: 'valid' },
  { images: 64, size: 13, channels: 32, taps: 3, filters: 64, padding: 'valid' },
  { images: 8, size: 56, channels: 64, taps: 3, filters: 64, padding: 'same' },
  { images: 8, size: 7, channels: 256, taps: 3, filters: 256, padding: 'same' },
  // layers of ResNet-20
  { images: 32, size: 32, channels: 16, taps: 3, filters: 16, padding: 'same' },
  { images: 32, size: 32, channels: 16, taps: 3, filters: 32, padding: 'same', stride: 2 },
  { images: 32, size: 32, channels: 16, taps: 1, filters: 32, padding: 'same', stride: 2 },
  { images: 32, size: 16, channels: 32, taps: 3, filters: 32, padding: 'same' },
  { images: 32, size: 8, channels: 64, taps: 3, filters: 64, padding: 'same' },
  // layers of a small MobileNet
  { images: 32, size: 32, channels: 32, taps: 3, filters: 32, padding: 'same', isDepthwise: true },
  { images: 32, size: 32, channels: 32, taps: 1, filters: 64, padding: 'same' },
  { images: 32, size: 32, channels: 64, taps: 3, filters: 64, padding: 'same', stride: 2, isDepthwise: true },
  { images: 32, size: 16, channels: 128, taps: 3, filters: 128, padding: 'same', isDepthwise: true },
  { images: 32, size: 16, channels: 128, taps: 1, filters: 128, padding: 'same' },
];

/** A network, and the matrix products of its layers, which give the number of operations. */
export interface ConvNetwork {
  readonly name: string;
  readonly batch: number;
  readonly sample: readonly [number, number, number];
  readonly layers: () => readonly Layer[];
  /** [output pixels per image, k, filters] of each layer with weights */
  readonly products: readonly (readonly [number, number, number])[];
}

export const lenet: ConvNetwork = {
  name: 'LeNet 28×28×1: conv 5×5×8, pool, conv 5×5×16, pool, 128, 10; batch 32',
  batch: 32,
  sample: [28, 28, 1],
  layers: () => [
    conv2d(8, 5, { padding: 'same', activation: 'relu' }),
    maxPooling2d(2),
    conv2d(16, 5, { activation: 'relu' }),
    maxPooling2d(2),
    flatten(),
    dense(128, { activation: 'relu' }),
    dense(10),
  ],
  products: [
    [784, 25, 8],
    [100, 200, 16],
    [1, 400, 128],
    [1, 128, 10],
  ],
};

function wider(size: number, channels: number): ConvNetwork {
  const [first, second] = [size - 2, Math.floor((size - 2) / 2) - 2];
  const last = Math.floor(second / 2) ** 2 * 64;
  return {
    name: `${size}×${size}×${channels}: conv 3×3×32, pool, conv 3×3×64, pool, 10; batch 64`,
    batch: 64,
    sample: [size, size, channels],
    layers: () => [
      conv2d(32, 3, { activation: 'relu' }),
      maxPooling2d(2),
      conv2d(64, 3, { activation: 'relu' }),
      maxPooling2d(2),
      flatten(),
      dense(10),
    ],
    products: [
      [first ** 2, 9 * channels, 32],
      [second ** 2, 288, 64],
      [1, last, 10],
    ],
  };
}

export const networks: readonly ConvNetwork[] = [lenet, wider(28, 1), wider(32, 3)];

export function convBench(rounds: Rounds): Row[] {
  return measureWork('conv', [...convolutions.flatMap(convolutionWorks), ...networks.map(networkWork)], rounds);
}

/** The convolution, its gradient for the input (dx), and its gradient for the weights (dw). */
function convolutionWorks(convolution: Convolution): Work[] {
  const { images, size, channels, taps, filters, padding, stride = 1, isDepthwise = false } = convolution;
  const x = randomNormal([images, size, size, channels], { seed: 1 }).realize();
  const w = randomNormal([taps, taps, channels, isDepthwise ? 1 : filters], { seed: 2 }).realize();
  const options = { padding, strides: stride };
  const forward = (a: Tensor, b: Tensor): Tensor =>
    isDepthwise ? a.depthwiseConv2d(b, options) : a.conv2d(b, options);
  const dy = randomNormal(forward(x, w).shape, { seed: 3 }).realize();
  const kind = `${padding}${stride > 1 ? `, stride ${stride}` : ''}${isDepthwise ? ', depthwise' : ''}`;
  const name = `${images}×${size}×${size}×${channels} ⋆ ${taps}×${taps}×${filters}, ${kind}`;
  const flops = (2 * dy.size * w.size) / filters;
  const bytes = 4 * (x.size + w.size + dy.size);
  const inner = ([a, b]: readonly Tensor[]): number => {
    const [p, q] = [Array.from(a!.data()), b!.data()];
    return p.reduce((sum, value, i) => sum + value * q[i]!, 0);
  };
  // ⟨x ⋆ w, dy⟩ = ⟨x, dx⟩ = ⟨w, dw⟩; each side is a sum of flops / 2 products of about unit size
  const verify = (other: Tensor) => (result: Tensor) => {
    const [got, want] = [inner([result, other]), inner([forward(x, w), dy])];
    if (!(Math.abs(got - want) <= 1e-5 * flops)) throw new Error(`${name}: ${got} instead of ${want}`);
  };
  const gradientOf = (a: Tensor, b: Tensor, d: Tensor, i: 0 | 1): Tensor =>
    gradients(forward(a, b).mul(d).sum(), [[a, b][i]!])[0]!;
  return [
    { ...compute(name, (a, b) => forward(a!, b!), [x, w], verify(dy)), flops, bytes },
    ...(channels === 1
      ? []
      : [
          {
            ...compute(`${name}: dx`, (a, b, d) => gradientOf(a!, b!, d!, 0), [x, w, dy], verify(x)),
            flops,
            bytes,
          },
        ]),
    {
      ...compute(`${name}: dw`, (a, b, d) => gradientOf(a!, b!, d!, 1), [x, w, dy], verify(w)),
      flops,
      bytes,
    },
  ];
}

/** The operations of the products: forward, weight gradients, and input gradients except that of the first layer. */
function flopsOf({ batch, products }: ConvNetwork): number {
  return products.reduce((sum, [m, k, n], i) => sum + 2 * batch * m * k * n * (i === 0 ? 2 : 3), 0);
}

export function networkWork(network: ConvNetwork): Work {
  const { name, batch, sample, layers } = network;
  const model = sequential([...layers()]);
  model.build(sample);
  const optimizer = adam(1e-3);
  const loss = sparseCategoricalCrossentropy({ fromLogits: true });
  const step = compile((x: Tensor, y: Tensor) => {
    const value = loss(y, model.call(x, { training: true }));
    optimizer.apply(gradients(value, model.trainableVariables), model.trainableVariables);
    return value;
  });
  const x = randomNormal([batch, ...sample], { seed: 1 }).realize();
  const y = tensor(Int32Array.from({ length: batch }, (_, i) => i % 10));
  return {
    name,
    flops: flopsOf(network),
    bytes: 4 * (x.size + 6 * model.countParams()), // Adam reads and writes each weight and its two moments
    run: () => step(x, y).dispose(),
    verify: () =>
      verifyTraining(
        name,
        () => loss(y, model.call(x)),
        () => step(x, y),
        20,
      ),
  };
}
