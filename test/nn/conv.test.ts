// The laws of layers over windows: the shapes that Keras documents, what they compute, and what they refuse.

import {
  averagePooling1d,
  averagePooling2d,
  conv1d,
  conv2d,
  conv2dTranspose,
  cropping1d,
  cropping2d,
  depthwiseConv2d,
  globalAveragePooling1d,
  globalAveragePooling2d,
  globalMaxPooling1d,
  globalMaxPooling2d,
  type Layer,
  l2,
  layerFrom,
  maxPooling1d,
  maxPooling2d,
  separableConv2d,
  upSampling1d,
  upSampling2d,
  zeroPadding1d,
  zeroPadding2d,
} from '@treadle/nn';
import { grad, gradients, randomNormal, ShapeError, type Tensor, tensor } from '@treadle/tensor';
import { describe, expect, test } from 'vitest';
import golden from './golden-windows.json' with { type: 'json' };

const inference = { training: false };

function apply(layer: Layer, x: Tensor): Tensor {
  layer.build(x.shape.slice(1));
  return layer.call(x, inference);
}

/** A layer, a sample, and the shapes of the result and of the variables that Keras 3 gives. */
const shapes: readonly (readonly [string, Layer, readonly number[], readonly number[], ...(readonly number[])[]])[] = [
  ['conv1d', conv1d(32, 3), [10, 128], [8, 32], [3, 128, 32], [32]],
  ['conv1d, same, stride 2', conv1d(4, 3, { padding: 'same', strides: 2 }), [11, 2], [6, 4], [3, 2, 4], [4]],
  ['conv1d, causal, dilated', conv1d(4, 3, { padding: 'causal', dilationRate: 4 }), [11, 2], [11, 4], [3, 2, 4], [4]],
  ['conv2d', conv2d(2, 3), [28, 28, 3], [26, 26, 2], [3, 3, 3, 2], [2]],
  ['conv2d, dilated', conv2d(2, 3, { dilationRate: 2 }), [28, 28, 3], [24, 24, 2], [3, 3, 3, 2], [2]],
  ['conv2d, same', conv2d(2, 3, { padding: 'same', useBias: false }), [28, 28, 3], [28, 28, 2], [3, 3, 3, 2]],
  ['conv2d, strides', conv2d(5, [3, 5], { strides: [2, 3] }), [28, 28, 3], [13, 8, 5], [3, 5, 3, 5], [5]],
  ['conv2d, groups', conv2d(6, 3, { groups: 3 }), [8, 8, 9], [6, 6, 6], [3, 3, 3, 6], [6]],
  ['conv2dTranspose', conv2dTranspose(64, 2, { strides: 2 }), [10, 8, 128], [20, 16, 64], [2, 2, 64, 128], [64]],
  [
    'conv2dTranspose, same',
    conv2dTranspose(4, 3, { strides: 2, padding: 'same' }),
    [7, 7, 2],
    [14, 14, 4],
    [3, 3, 4, 2],
    [4],
  ],
  ['conv2dTranspose, valid', conv2dTranspose(4, 5, { strides: 2 }), [7, 7, 2], [17, 17, 4], [5, 5, 4, 2], [4]],
  [
    'conv2dTranspose, outputPadding',
    conv2dTranspose(4, 3, { strides: 2, padding: 'same', outputPadding: 1 }),
    [7, 7, 2],
    [14, 14, 4],
    [3, 3, 4, 2],
    [4],
  ],
  ['depthwiseConv2d', depthwiseConv2d(3), [10, 10, 12], [8, 8, 12], [3, 3, 12, 1], [12]],
  [
    'depthwiseConv2d, multiplier',
    depthwiseConv2d(3, { depthMultiplier: 3, strides: 2 }),
    [10, 10, 4],
    [4, 4, 12],
    [3, 3, 4, 3],
    [12],
  ],
  ['separableConv2d', separableConv2d(3, 4), [10, 10, 12], [7, 7, 3], [4, 4, 12, 1], [1, 1, 12, 3], [3]],
  ['maxPooling2d', maxPooling2d(), [28, 29, 3], [14, 14, 3]],
  ['maxPooling2d, same', maxPooling2d(2, { strides: 1, padding: 'same' }), [3, 3, 1], [3, 3, 1]],
  ['maxPooling2d, strides', maxPooling2d([2, 3], { strides: [1, 2] }), [5, 9, 1], [4, 4, 1]],
  ['averagePooling2d', averagePooling2d(3, { padding: 'same' }), [7, 8, 2], [3, 3, 2]],
  ['maxPooling1d', maxPooling1d(2, { strides: 1 }), [5, 2], [4, 2]],
  ['averagePooling1d', averagePooling1d(2, { padding: 'same' }), [5, 2], [3, 2]],
  ['globalAveragePooling1d', globalAveragePooling1d(), [3, 4], [4]],
  ['globalMaxPooling1d, keepDims', globalMaxPooling1d({ keepDims: true }), [3, 4], [1, 4]],
  ['globalAveragePooling2d, keepDims', globalAveragePooling2d({ keepDims: true }), [4, 5, 3], [1, 1, 3]],
  ['globalMaxPooling2d', globalMaxPooling2d(), [4, 5, 3], [3]],
  ['zeroPadding1d', zeroPadding1d([1, 2]), [3, 2], [6, 2]],
  [
    'zeroPadding2d',
    zeroPadding2d([
      [1, 0],
      [2, 3],
    ]),
    [3, 2, 2],
    [4, 7, 2],
  ],
  ['cropping1d', cropping1d([1, 2]), [7, 2], [4, 2]],
  [
    'cropping2d',
    cropping2d([
      [2, 2],
      [4, 4],
    ]),
    [28, 28, 3],
    [24, 20, 3],
  ],
  ['upSampling1d', upSampling1d(3), [2, 3], [6, 3]],
  ['upSampling2d', upSampling2d([1, 2]), [2, 1, 3], [2, 2, 3]],
  ['upSampling2d, bilinear', upSampling2d(2, { interpolation: 'bilinear' }), [3, 4, 3], [6, 8, 3]],
];

const documented = shapes.map(([name, layer, sample, result, ...variables]) => {
  return { name, layer, sample, result, variables };
});

describe.each(documented)('$name', ({ layer, sample, result, variables }) => {
  test('has the shapes that Keras documents, built and called', () => {
    expect(layer.build(sample)).toEqual(result);
    expect(layer.variables.map(({ shape }) => shape)).toEqual(variables);
    const y = layer.call(randomNormal([2, ...sample], { seed: 1 }), inference);
    expect(y.shape).toEqual([2, ...result]);
    expect(y.data().length).toBe(result.reduce((p, n) => p * n, 2));
    expect(layer.call(randomNormal([0, ...sample]), inference).data()).toEqual(new Float32Array(0));
  });

  test('is made again from its config', () => {
    const again = layerFrom(JSON.parse(JSON.stringify(layer.config?.())));
    expect(again.build(sample)).toEqual(result);
    again.variables.forEach((v, i) => {
      v.assign(layer.variables[i]!);
    });
    const x = randomNormal([2, ...sample], { seed: 1 });
    expect(again.call(x, inference).data()).toEqual(layer.call(x, inference).data());
    expect(again.config?.()).toEqual(layer.config?.());
  });

  test('refuses samples of another rank', () => {
    expect(() => layer.build([...sample, 2])).toThrow(ShapeError);
    expect(() => layer.call(randomNormal([2, ...sample, 2]), inference)).toThrow(
      /its input must be \[batch, .*\]; got \[/,
    );
  });
});

test.each(golden)('PyTorch gives the same figures: $name', ({ layer: config, weights, x, y, dx, dw }) => {
  const layer = layerFrom(config);
  const input = tensor(x.data, { shape: x.shape });
  layer.build(x.shape.slice(1));
  layer.variables.forEach((v, i) => {
    const { data, shape } = weights[i]!;
    v.assign(tensor(data, { shape }));
  });
  const close = (got: Tensor, want: { readonly shape: number[]; readonly data: number[] }): void => {
    expect(got.shape).toEqual(want.shape);
    // both are float32 sums of at most 200 products of numbers below 4, and of squares of those
    got.data().forEach((value, i) => {
      expect(Math.abs(value - want.data[i]!)).toBeLessThanOrEqual(2 * 200 * 2 ** -24 * 64);
    });
  };
  const energy = (t: Tensor): Tensor => layer.call(t, inference).square().sum().mul(0.5);
  close(layer.call(input, inference), y);
  close(grad(energy)(input), dx);
  const [kernel] = layer.variables;
  if (!kernel || !dw) return;
  close(gradients(energy(input), [kernel])[0]!, dw);
});

/** Linear layers without a bias. */
const linear: readonly (readonly [string, Layer, readonly number[]])[] = [
  ['conv2d', conv2d(5, [3, 2], { useBias: false, strides: [2, 1], padding: 'same' }), [7, 6, 3]],
  ['conv1d', conv1d(5, 3, { useBias: false, padding: 'causal', dilationRate: 2 }), [9, 3]],
  ['conv2dTranspose', conv2dTranspose(5, 3, { useBias: false, strides: 2, padding: 'same' }), [4, 3, 3]],
  ['depthwiseConv2d', depthwiseConv2d(3, { useBias: false }), [7, 6, 3]],
  ['averagePooling2d', averagePooling2d(3, { strides: 2, padding: 'same' }), [7, 6, 3]],
  [
    'zeroPadding2d',
    zeroPadding2d([
      [1, 2],
      [0, 3],
    ]),
    [4, 5, 2],
  ],
  [
    'cropping2d',
    cropping2d([
      [1, 2],
      [0, 3],
    ]),
    [4, 5, 2],
  ],
  ['upSampling2d', upSampling2d(2), [4, 5, 2]],
  ['upSampling2d, bilinear', upSampling2d([2, 3], { interpolation: 'bilinear' }), [4, 5, 2]],
  ['upSampling1d', upSampling1d(3), [4, 5]],
];

test.each(linear)('⟨Lx, y⟩ = ⟨x, Lᵀy⟩, the gradient being Lᵀ: %s', (_name, layer, sample) => {
  const x = randomNormal([3, ...sample], { seed: 1 });
  const y = randomNormal([3, ...layer.build(sample)], { seed: 2 });
  const inner = (a: Tensor, b: Tensor): readonly [sum: number, size: number] => {
    const [p, q] = [a.data(), b.data()];
    const terms = Array.from(p, (value, i) => value * q[i]!);
    return [terms.reduce((s, t) => s + t, 0), terms.reduce((s, t) => s + Math.abs(t), 0)];
  };
  const adjoint = grad((t: Tensor) => layer.call(t, inference).mul(y).sum())(x);
  const [left, size] = inner(layer.call(x, inference), y);
  const [right] = inner(x, adjoint);
  // an element is a sum of at most 45 products, and no smaller than the sum of its parts by more than cancellation of 16
  expect(Math.abs(left - right)).toBeLessThanOrEqual(2 * 46 * 2 ** -24 * 16 * size);
});

test('activation, bias and regularizer are those of the options', () => {
  const layer = conv2d(2, 1, {
    activation: 'relu',
    kernelInitializer: 'ones',
    biasInitializer: 'ones',
    kernelRegularizer: l2(0.5),
  });
  const x = tensor([1, 2, -3, -4], { shape: [1, 2, 2, 1] });
  expect(apply(layer, x).toArray()).toEqual([
    [
      [
        [2, 2],
        [3, 3],
      ],
      [
        [0, 0],
        [0, 0],
      ],
    ],
  ]);
  expect(layer.losses?.().map((loss) => loss.item())).toEqual([1]);
  expect(layer.variables.map(({ name }) => name)).toEqual(['kernel', 'bias']);
  const separable = separableConv2d(3, 2);
  separable.build([4, 4, 2]);
  expect(separable.variables.map(({ name }) => name)).toEqual(['depthwiseKernel', 'pointwiseKernel', 'bias']);
});

test.each<[() => unknown, string]>([
  [() => conv1d(0, 3), 'conv1d: filters must be a whole number ≥ 1; got 0'],
  [() => conv1d(1, 0), 'conv1d: kernelSize must be a whole number ≥ 1; got 0'],
  [() => conv1d(1, 3, { strides: 1.5 }), 'conv1d: strides must be a whole number ≥ 1; got 1.5'],
  [() => conv1d(1, 3, { dilationRate: 0 }), 'conv1d: dilationRate must be a whole number ≥ 1; got 0'],
  [() => conv1d(1, 3, { padding: 'full' as 'same' }), 'conv1d: padding must be one of valid, same, causal; got "full"'],
  [() => conv2d(-1, 3), 'conv2d: filters must be a whole number ≥ 1; got -1'],
  [() => conv2d(1, [3, 0]), 'conv2d: kernelSize must be a whole number ≥ 1, or two; got [3, 0]'],
  [
    () => conv2d(4, 3, { groups: 3 }),
    'conv2d: groups must be a whole number ≥ 1 that divides the filters; got 3 groups, 4 filters',
  ],
  [() => conv2d(4, 3, { padding: 'causal' as 'same' }), 'conv2d: padding must be one of valid, same; got "causal"'],
  [
    () => conv2dTranspose(4, 3, { outputPadding: -1 }),
    'conv2dTranspose: outputPadding must be a whole number ≥ 0, or two; got -1',
  ],
  [
    () => depthwiseConv2d(3, { depthMultiplier: 0 }),
    'depthwiseConv2d: depthMultiplier must be a whole number ≥ 1; got 0',
  ],
  [() => maxPooling2d(0), 'maxPooling2d: poolSize must be a whole number ≥ 1, or two; got 0'],
  [() => averagePooling1d(2, { strides: 0 }), 'averagePooling1d: strides must be a whole number ≥ 1; got 0'],
  [
    () => zeroPadding2d([1, [2, -1]]),
    'zeroPadding2d: padding must be whole numbers ≥ 0, one or two for each axis; got [2, -1]',
  ],
  [
    () => upSampling2d(2, { interpolation: 'cubic' as 'nearest' }),
    'upSampling2d: interpolation must be one of nearest, bilinear; got "cubic"',
  ],
])('options that make no sense are refused: %s', (make, message) => {
  expect(make).toThrow(RangeError);
  expect(make).toThrow(message);
});

test('inputs that do not fit are refused', () => {
  expect(() => conv2d(4, 3, { groups: 2 }).build([5, 5, 3])).toThrow(
    'conv2d: groups must divide the channels; got 2 groups, 3 channels',
  );
  expect(() => conv2d(4, 6).build([5, 5, 3])).toThrow(
    'conv2d: a window must fit into the input; got 5 positions for a window of 6',
  );
  const layer = conv2d(4, 3);
  layer.build([5, 5, 3]);
  expect(() => layer.call(randomNormal([1, 5, 5, 4]), inference)).toThrow(
    'conv2d: its input must have 3 channels, as when it was built; got [batch, 5, 5, 4]',
  );
  expect(() => layerFrom({ kind: 'conv2d', filters: 2, kernelSize: [1, 2, 3] })).toThrow(
    'layerFrom: every option must have its type; got kernelSize = [1,2,3] for conv2d',
  );
});

test('what has no plain form cannot be saved', () => {
  const rule = (option: string): string =>
    `conv2d: ${option} must be a name, or made by this package, to be saved; got a custom one`;
  expect(() => conv2d(1, 1, { activation: (x) => x }).config?.()).toThrow(rule('activation'));
  expect(() => conv2d(1, 1, { kernelRegularizer: (x) => x.sum() }).config?.()).toThrow(rule('kernelRegularizer'));
});
