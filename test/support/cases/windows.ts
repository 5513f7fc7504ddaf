// Cases of convolutions, pooling and resizing. The references visit each pair of an output and an element in its
// window, in float64.

import { ops } from '@treadle/graph';
import fc from 'fast-check';
import { at, build, gamma, type NdArray, nd, type Shape, sizeOf, sum, tiny } from '../reference.ts';
import { apart, arrays, type Case, type Example, type Tolerance } from './case.ts';
import { node } from './nodes.ts';

type SymbolicTensors = readonly [number, number];
type Padding = 'valid' | 'same' | number | readonly [SymbolicTensors, SymbolicTensors];

interface Window {
  readonly taps: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly padding: Padding;
}

interface Axis {
  readonly output: number;
  /** the position in the input of tap t of output o; undefined outside the input */
  readonly position: (o: number, t: number) => number | undefined;
}

/** The padding of an axis, as TensorFlow defines it. */
function axisOf(input: number, { taps, strides, dilation, padding }: Window, i: 0 | 1): Axis {
  const [k, s, d] = [taps[i], strides[i], dilation[i]];
  const extent = (k - 1) * d + 1;
  let [before, after] =
    typeof padding === 'object' ? padding[i] : typeof padding === 'number' ? [padding, padding] : [0, 0];
  let output = Math.floor((input + before + after - extent) / s) + 1;
  if (padding === 'same') {
    output = Math.ceil(input / s);
    const total = Math.max(0, (output - 1) * s + extent - input);
    before = Math.floor(total / 2);
    after = total - before;
  }
  return {
    output,
    position: (o, t) => {
      const at = o * s + t * d - before;
      return at >= 0 && at < input ? at : undefined;
    },
  };
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** The elements in the window of output (oy, ox) that are inside the image: their positions, and their taps. */
function windowAt(x: NdArray, window: Window, oy: number, ox: number) {
  const [rows, columns] = [axisOf(x.shape[1]!, window, 0), axisOf(x.shape[2]!, window, 1)];
  return range(window.taps[0]).flatMap((ky) =>
    range(window.taps[1]).flatMap((kx) => {
      const [y, z] = [rows.position(oy, ky), columns.position(ox, kx)];
      return y === undefined || z === undefined ? [] : [{ ky, kx, y, x: z }];
    }),
  );
}

function outputs(x: NdArray, window: Window): readonly [number, number] {
  return [axisOf(x.shape[1]!, window, 0).output, axisOf(x.shape[2]!, window, 1).output];
}

/** w [rows, columns, channels per group, filters] */
function convolved(x: NdArray, w: NdArray, window: Window, groups: number): NdArray {
  const [, , channels, filters] = w.shape as [number, number, number, number];
  return build([x.shape[0]!, ...outputs(x, window), filters], ([image, oy, ox, filter]) => {
    const first = Math.floor(filter! / (filters / groups)) * channels;
    const terms = windowAt(x, window, oy!, ox!).flatMap(({ ky, kx, y, x: column }) =>
      range(channels).map((c) => at(x, [image!, y, column, first + c]) * at(w, [ky, kx, c, filter!])),
    );
    return sum(terms);
  });
}

/**
 * The adjoint of conv2d, w [rows, columns, filters, channels]: the window moves over the result, whose size is given.
 */
function spread(x: NdArray, w: NdArray, window: Window, size: readonly [number, number]): NdArray {
  const [, , filters, channels] = w.shape as [number, number, number, number];
  const shape = [x.shape[0]!, ...size, filters];
  const data = new Array<number>(sizeOf(shape)).fill(0);
  const result = nd(shape, data);
  for (const image of range(shape[0]!))
    for (const oy of range(x.shape[1]!))
      for (const ox of range(x.shape[2]!))
        for (const { ky, kx, y, x: column } of windowAt(result, window, oy, ox))
          for (const f of range(filters)) {
            const terms = range(channels).map((c) => at(x, [image, oy, ox, c]) * at(w, [ky, kx, f, c]));
            data[((image * size[0] + y) * size[1] + column) * filters + f]! += sum(terms);
          }
  return result;
}

const absolute = (x: NdArray): NdArray => ({ ...x, data: x.data.map(Math.abs) });

/** γₖ·Σ|aᵢbᵢ|, where k is the largest number of products in a sum. */
function ofSums(k: number, reference: (x: NdArray, w: NdArray) => NdArray): Tolerance {
  return {
    bounds: (_, x, w) => reference(absolute(x!), absolute(w!)).data.map((size) => gamma(k) * size + k * tiny),
  };
}

interface Limits {
  readonly extent: number;
  readonly taps: number;
  readonly channels: readonly number[];
}
const large: Limits = { extent: 9, taps: 4, channels: [0, 1, 2, 3, 5, 8, 17] };
const little: Limits = { extent: 3, taps: 2, channels: [1, 1, 2] };

const pair = (arbitrary: fc.Arbitrary<number>): fc.Arbitrary<readonly [number, number]> =>
  fc.tuple(arbitrary, arbitrary);

/** Images [batch, rows, columns] and a window that is not larger. */
function windows({ extent, taps }: Limits, paddings: fc.Arbitrary<Padding>) {
  return fc
    .record({
      images: fc.integer({ min: extent > 4 ? 0 : 1, max: 2 }),
      size: pair(fc.integer({ min: 1, max: extent })),
      taps: pair(fc.integer({ min: 1, max: taps })),
      strides: pair(fc.constantFrom(1, 1, 2, 3)),
      dilation: pair(fc.constantFrom(1, 1, 2)),
      padding: paddings,
    })
    .map(({ images, size, ...window }) => ({ images, size, window }))
    .filter(
      ({ images, size, window }) =>
        ([0, 1] as const).every((i) => axisOf(size[i], window, i).output > 0) && images * size[0] * size[1] <= 90,
    );
}

const byName = fc.constantFrom('valid', 'same') satisfies fc.Arbitrary<Padding>;
const ends: fc.Arbitrary<SymbolicTensors> = fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 }));
const anyPadding: fc.Arbitrary<Padding> = fc.oneof(byName, fc.nat({ max: 2 }), fc.tuple(ends, ends));

type Values = (shapes: readonly Shape[]) => fc.Arbitrary<readonly NdArray[]>;
const anyValues: Values = (shapes) => fc.tuple(...shapes.map((shape) => arrays(shape)));
const smoothValues: Values = (shapes) => apart(shapes);
const isSmall = ({ inputs }: Example): boolean => inputs.every(({ data }) => data.length <= 18);

const conv2d: Case = (() => {
  const draw = (limits: Limits, values: Values) =>
    fc
      .record({
        at: windows(limits, anyPadding),
        groups: fc.constantFrom(1, 1, 2, 3),
        channels: fc.constantFrom(...limits.channels),
        filters: fc.constantFrom(...limits.channels),
      })
      .chain(({ at: { images, size, window }, groups, channels, filters }) => {
        const reference = (x: NdArray, w: NdArray) => convolved(x, w, window, groups);
        const { taps: _, ...options } = window;
        const shapes = [
          [images, ...size, groups * channels],
          [...window.taps, channels, groups * filters],
        ];
        return values(shapes).map(
          (inputs): Example => ({
            label: `conv2d ${JSON.stringify({ ...window, groups })}`,
            inputs,
            apply: (x, w) => ops.conv2d(x!, w!, { ...options, groups }),
            reference: (x, w) => reference(x!, w!),
            tolerance: ofSums(channels * window.taps[0] * window.taps[1], reference),
          }),
        );
      });
  const [x, w] = [() => node([1, 5, 5, 4]), () => node([3, 3, 4, 6])];
  return {
    examples: draw(large, anyValues),
    smooth: draw(little, smoothValues).filter(isSmall),
    wrong: [
      { call: () => ops.conv2d(node([5, 5, 4]), w()), error: 'ShapeError' },
      { call: () => ops.conv2d(x(), node([3, 3, 4])), error: 'ShapeError' },
      { call: () => ops.conv2d(x(), node([3, 0, 4, 6])), error: 'ShapeError' },
      { call: () => ops.conv2d(x(), node([3, 3, 5, 6])), error: 'ShapeError' },
      { call: () => ops.conv2d(x(), w(), { groups: 2 }), error: 'ShapeError' },
      { call: () => ops.conv2d(x(), node([6, 1, 4, 6])), error: 'ShapeError' },
      { call: () => ops.conv2d(x(), w(), { dilation: [1, 3] }), error: 'ShapeError' },
      { call: () => ops.conv2d(x(), w(), { groups: 4 }), error: 'RangeError' },
      { call: () => ops.conv2d(x(), w(), { groups: 0 }), error: 'RangeError' },
      { call: () => ops.conv2d(x(), w(), { strides: 0 }), error: 'RangeError' },
      { call: () => ops.conv2d(x(), w(), { strides: [1, 1.5] }), error: 'RangeError' },
      { call: () => ops.conv2d(x(), w(), { dilation: -1 }), error: 'RangeError' },
      { call: () => ops.conv2d(x(), w(), { padding: -1 }), error: 'RangeError' },
      { call: () => ops.conv2d(x(), w(), { padding: 'full' as 'same' }), error: 'RangeError' },
      { call: () => ops.conv2d(x(), w(), { padding: [[0, 1]] as unknown as number }), error: 'RangeError' },
    ],
  };
})();

const conv1d: Case = (() => {
  const draw = (limits: Limits, values: Values) =>
    fc
      .record({
        at: windows({ ...limits, extent: 3 * limits.extent }, byName),
        isCausal: fc.boolean(),
        groups: fc.constantFrom(1, 2),
        channels: fc.constantFrom(...limits.channels),
        filters: fc.constantFrom(...limits.channels),
      })
      .chain(({ at: { images, size, window }, isCausal, groups, channels, filters }) => {
        const [taps, stride, dilation] = [window.taps[1], window.strides[1], window.dilation[1]];
        const padding: Padding = isCausal
          ? [
              [0, 0],
              [(taps - 1) * dilation, 0],
            ]
          : window.padding;
        const flat: Window = { taps: [1, taps], strides: [1, stride], dilation: [1, dilation], padding };
        const asImages = (x: NdArray) => ({ ...x, shape: [x.shape[0]!, 1, ...x.shape.slice(1)] });
        const reference = (x: NdArray, w: NdArray) => {
          const y = convolved(asImages(x), { ...w, shape: [1, ...w.shape] }, flat, groups);
          return { ...y, shape: y.shape.toSpliced(1, 1) };
        };
        const named = isCausal ? 'causal' : window.padding;
        const options = { strides: stride, dilation, groups, padding: named as 'causal' };
        return values([
          [images, size[1], groups * channels],
          [taps, channels, groups * filters],
        ]).map(
          (inputs): Example => ({
            label: `conv1d ${JSON.stringify(options)}`,
            inputs,
            apply: (x, w) => ops.conv1d(x!, w!, options),
            reference: (x, w) => reference(x!, w!),
            tolerance: ofSums(channels * taps, reference),
          }),
        );
      });
  const [x, w] = [() => node([1, 5, 4]), () => node([3, 4, 6])];
  return {
    examples: draw(large, anyValues),
    smooth: draw(little, smoothValues).filter(isSmall),
    wrong: [
      { call: () => ops.conv1d(node([5, 4]), w()), error: 'ShapeError' },
      { call: () => ops.conv1d(x(), node([1, 3, 4, 6])), error: 'ShapeError' },
      { call: () => ops.conv1d(x(), node([3, 5, 6])), error: 'ShapeError' },
      { call: () => ops.conv1d(x(), node([6, 4, 6])), error: 'ShapeError' },
      { call: () => ops.conv1d(x(), w(), { padding: 'full' as 'same' }), error: 'RangeError' },
      { call: () => ops.conv1d(x(), w(), { strides: 0 }), error: 'RangeError' },
      { call: () => ops.conv1d(x(), w(), { groups: 4 }), error: 'RangeError' },
    ],
  };
})();

const conv2dTranspose: Case = (() => {
  const draw = (limits: Limits, values: Values) =>
    fc
      .record({
        at: windows(limits, byName),
        added: fc.option(pair(fc.nat({ max: 2 }))),
        channels: fc.constantFrom(...limits.channels),
        filters: fc.constantFrom(...limits.channels),
      })
      .chain(({ at: { images, size, window }, added, channels, filters }) => {
        const { taps, strides, dilation, padding } = window;
        const outputPadding = added?.map((n, i) => Math.min(n, strides[i]! - 1)) as [number, number] | undefined;
        // Keras's compute_conv_transpose_output_length
        const target = size.map((n, i) => {
          const [k, s] = [(taps[i]! - 1) * dilation[i]! + 1, strides[i]!];
          if (outputPadding)
            return Math.max(0, (n - 1) * s + k - (padding === 'same' ? 2 * Math.floor(k / 2) : 0) + outputPadding[i]!);
          return padding === 'same' ? n * s : n * s + Math.max(k - s, 0);
        }) as [number, number];
        const reference = (x: NdArray, w: NdArray) => spread(x, w, forTransposed(window, size, target), target);
        const options = { strides, dilation, padding: padding as 'same', ...(outputPadding && { outputPadding }) };
        return values([
          [images, ...size, channels],
          [...taps, filters, channels],
        ]).map(
          (inputs): Example => ({
            label: `conv2dTranspose ${JSON.stringify(options)}`,
            inputs,
            apply: (x, w) => ops.conv2dTranspose(x!, w!, options),
            reference: (x, w) => reference(x!, w!),
            tolerance: ofSums(channels * taps[0] * taps[1], reference),
          }),
        );
      });
  const [x, w] = [() => node([1, 5, 5, 4]), () => node([3, 3, 6, 4])];
  return {
    examples: draw(large, anyValues),
    smooth: draw(little, smoothValues).filter(isSmall),
    wrong: [
      { call: () => ops.conv2dTranspose(node([5, 5, 4]), w()), error: 'ShapeError' },
      { call: () => ops.conv2dTranspose(x(), node([3, 3, 4])), error: 'ShapeError' },
      { call: () => ops.conv2dTranspose(x(), node([3, 3, 4, 6])), error: 'ShapeError' },
      { call: () => ops.conv2dTranspose(x(), w(), { padding: 'full' as 'same' }), error: 'RangeError' },
      { call: () => ops.conv2dTranspose(x(), w(), { strides: [0, 1] }), error: 'RangeError' },
      { call: () => ops.conv2dTranspose(x(), w(), { outputPadding: 1 }), error: 'RangeError' },
      { call: () => ops.conv2dTranspose(x(), w(), { outputPadding: -1 }), error: 'RangeError' },
    ],
  };
})();

/** The window that moves over the result, with the padding in front that the convolution to this size has. */
function forTransposed(window: Window, size: readonly [number, number], target: readonly [number, number]): Window {
  if (window.padding === 'valid')
    return {
      ...window,
      padding: [
        [0, 99],
        [0, 99],
      ],
    };
  const ends = ([0, 1] as const).map((i): SymbolicTensors => {
    const reach = (size[i] - 1) * window.strides[i] + (window.taps[i] - 1) * window.dilation[i] + 1;
    return [Math.floor(Math.max(0, reach - target[i]) / 2), 99];
  });
  return { ...window, padding: [ends[0]!, ends[1]!] };
}

const depthwiseConv2d: Case = (() => {
  const draw = (limits: Limits, values: Values) =>
    fc
      .record({
        at: windows(limits, anyPadding),
        channels: fc.constantFrom(...limits.channels),
        multiplier: fc.constantFrom(1, 1, 2, 3),
      })
      .chain(({ at: { images, size, window }, channels, multiplier }) => {
        const reference = (x: NdArray, w: NdArray) =>
          build([images, ...outputs(x, window), channels * multiplier], ([image, oy, ox, filter]) => {
            const [c, m] = [Math.floor(filter! / multiplier), filter! % multiplier];
            const inside = windowAt(x, window, oy!, ox!);
            return sum(inside.map(({ ky, kx, y, x: column }) => at(x, [image!, y, column, c]) * at(w, [ky, kx, c, m])));
          });
        const { taps: _, ...options } = window;
        const shapes = [
          [images, ...size, channels],
          [...window.taps, channels, multiplier],
        ];
        return values(shapes).map(
          (inputs): Example => ({
            label: `depthwiseConv2d ${JSON.stringify(window)}`,
            inputs,
            apply: (x, w) => ops.depthwiseConv2d(x!, w!, options),
            reference: (x, w) => reference(x!, w!),
            tolerance: ofSums(window.taps[0] * window.taps[1], reference),
          }),
        );
      });
  const x = () => node([1, 5, 5, 4]);
  return {
    examples: draw(large, anyValues),
    smooth: draw(little, smoothValues).filter(isSmall),
    wrong: [
      { call: () => ops.depthwiseConv2d(node([5, 5, 4]), node([3, 3, 4, 1])), error: 'ShapeError' },
      { call: () => ops.depthwiseConv2d(x(), node([3, 3, 1, 4])), error: 'ShapeError' },
      { call: () => ops.depthwiseConv2d(x(), node([0, 3, 4, 1])), error: 'ShapeError' },
      { call: () => ops.depthwiseConv2d(x(), node([6, 3, 4, 1])), error: 'ShapeError' },
      { call: () => ops.depthwiseConv2d(x(), node([3, 3, 4, 1]), { strides: 0 }), error: 'RangeError' },
    ],
  };
})();

type Pool = typeof ops.maxPool2d;

function pool(name: string, apply: Pool, combine: (values: readonly number[]) => number, tolerance: Tolerance): Case {
  const draw = (limits: Limits, values: Values) =>
    fc
      .record({ at: windows(limits, byName), channels: fc.constantFrom(...limits.channels) })
      .map(({ at: { images, size, window }, channels }) => ({
        shape: [images, ...size, channels],
        window: { ...window, dilation: [1, 1] as const },
      }))
      .chain(({ shape, window: { taps, strides, padding, dilation } }) => {
        const options = { strides, padding: padding as 'same' };
        const reference = (x: NdArray) =>
          build([shape[0]!, ...outputs(x, { taps, strides, padding, dilation }), shape[3]!], ([image, oy, ox, c]) => {
            const inside = windowAt(x, { taps, strides, padding, dilation }, oy!, ox!);
            return combine(inside.map(({ y, x: column }) => at(x, [image!, y, column, c!])));
          });
        return values([shape]).map(
          (inputs): Example => ({
            label: `${name} ${taps} ${JSON.stringify(options)}`,
            inputs,
            apply: (x) => apply(x!, taps, options),
            reference: (x) => reference(x!),
            tolerance,
          }),
        );
      });
  const x = () => node([1, 5, 5, 4]);
  return {
    examples: draw(large, anyValues),
    smooth: draw({ ...little, extent: 5, taps: 3 }, smoothValues).filter(isSmall),
    wrong: [
      { call: () => apply(node([5, 5, 4]), 2), error: 'ShapeError' },
      { call: () => apply(x(), 6), error: 'ShapeError' },
      { call: () => apply(x(), 0), error: 'RangeError' },
      { call: () => apply(x(), 2, { strides: 0 }), error: 'RangeError' },
      { call: () => apply(x(), 2, { padding: 'full' as 'same' }), error: 'RangeError' },
    ],
  };
}

const ofImage = (name: string, apply: Pool, values: readonly number[], want: number): Example => ({
  label: `${name} of ${values}`,
  inputs: [nd([1, 2, 2, 1], values)],
  apply: (x) => apply(x!, 2),
  reference: () => nd([1, 1, 1, 1], [want]),
  tolerance: 'rounded',
});
const [nan, infinite] = [Number.NaN, Number.POSITIVE_INFINITY];

const maxPool2d: Case = {
  ...pool('maxPool2d', ops.maxPool2d, (values) => Math.max(...values), 'rounded'),
  special: [
    ofImage('maxPool2d', ops.maxPool2d, [1, nan, 3, 4], nan),
    ofImage('maxPool2d', ops.maxPool2d, [-infinite, -infinite, -infinite, -infinite], -infinite),
    ofImage('maxPool2d', ops.maxPool2d, [1, infinite, 3, -infinite], infinite),
  ],
};

/** The error of a mean of n elements: n − 1 additions and a division. */
const averagePool2d: Case = pool('averagePool2d', ops.averagePool2d, (values) => sum(values) / values.length, {
  bounds: (truth) => truth.data.map(() => gamma(16) * 8 + tiny),
});

const resize: Case = (() => {
  const positions = (from: number, to: number, bilinear: boolean): readonly (readonly [number, number])[][] =>
    range(to).map((o) => {
      const centre = ((o + 0.5) * from) / to;
      if (!bilinear) return [[Math.min(from - 1, Math.floor(centre)), 1]];
      const position = Math.min(from - 1, Math.max(0, centre - 0.5));
      const [low, part] = [Math.floor(position), position - Math.floor(position)];
      return [
        [low, 1 - part],
        [Math.min(from - 1, low + 1), part],
      ];
    });
  const draw = (limits: Limits, values: Values) =>
    fc
      .record({
        images: fc.integer({ min: 1, max: 2 }),
        size: pair(fc.integer({ min: 1, max: limits.extent })),
        // nearest is a step function: sizes for which no centre is at a step
        factors: pair(fc.constantFrom(1, 2, 3, 4)),
        target: pair(fc.integer({ min: 1, max: 2 * limits.extent })),
        bilinear: fc.boolean(),
        channels: fc.constantFrom(...limits.channels),
      })
      .chain(({ images, size, factors, target, bilinear, channels }) => {
        const to = bilinear ? target : ([size[0] * factors[0], size[1] * factors[1]] as const);
        const [rows, columns] = [positions(size[0], to[0], bilinear), positions(size[1], to[1], bilinear)];
        const reference = (x: NdArray) =>
          build([images, ...to, channels], ([image, y, z, c]) =>
            rows[y!]!.flatMap(([r, a]) => columns[z!]!.map(([k, b]) => a * b * at(x, [image!, r, k, c!]))).reduce(
              (total, term) => total + term,
            ),
          );
        const mode = bilinear ? 'bilinear' : 'nearest';
        return values([[images, ...size, channels]]).map(
          (inputs): Example => ({
            label: `resize to ${to}, ${mode}`,
            inputs,
            apply: (x) => ops.resize(x!, to, mode),
            reference: (x) => reference(x!),
            // positions have an error of at most 4u times the length, in each of two axes; then two products and a sum
            // in each
            tolerance: bilinear
              ? { bounds: (truth) => truth.data.map(() => 8 * (gamma(8) * Math.max(...size) * 4 + gamma(12)) + tiny) }
              : 'rounded',
          }),
        );
      });
  const x = () => node([1, 5, 5, 4]);
  return {
    examples: draw(large, anyValues),
    smooth: draw(little, smoothValues).filter(isSmall),
    wrong: [
      { call: () => ops.resize(node([5, 5, 4]), 2), error: 'ShapeError' },
      { call: () => ops.resize(node([1, 0, 5, 4]), 2), error: 'ShapeError' },
      { call: () => ops.resize(x(), 0), error: 'RangeError' },
      { call: () => ops.resize(x(), [2, 2.5]), error: 'RangeError' },
      { call: () => ops.resize(x(), 2, 'cubic' as 'nearest'), error: 'RangeError' },
    ],
  };
})();

export const windowed = {
  averagePool2d,
  conv1d,
  conv2d,
  conv2dTranspose,
  depthwiseConv2d,
  maxPool2d,
  resize,
} as const;
