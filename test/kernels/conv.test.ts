// The laws of convolutions at every level, over strides, dilations, groups and paddings of every kind. Reference: the sums in
// float64, with the error bound of a chain of multiply-adds.

import {
  type ConvAxis,
  type ConvShape,
  conv2d,
  conv2dInputGradient,
  conv2dWeightGradient,
  type Kernel,
  type Level,
  type Operand,
  type View,
} from '@treadle/kernels';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { availableLevels } from '../support/levels.ts';
import { type Order, runKernels } from '../support/run-kernels.ts';

const runs = process.env.TREADLE_TEST_LONG ? 1000 : 25;

type Floats = Float32Array<ArrayBuffer>;

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function denseView(shape: readonly number[]): View {
  return { shape, strides: shape.map((_, d) => sizeOf(shape.slice(d + 1))), offset: 0 };
}

/** Numbers of both signs and of several sizes. */
function numbers(length: number, seed: number): Floats {
  let state = seed | 1;
  return Float32Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state / 2 ** 31) * 2 ** (state & 3);
  });
}

interface Shapes {
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly y: readonly number[];
}

function shapesOf({ images, rows, columns, groups, channels, filters }: ConvShape): Shapes {
  return {
    x: [images, rows.input, columns.input, groups * channels],
    w: [rows.taps, columns.taps, channels, groups * filters],
    y: [images, rows.output, columns.output, groups * filters],
  };
}

const names3 = ['x', 'w', 'y'] as const;
type Name = (typeof names3)[number];

/** Calls `visit` with the flat positions of every product x·w that y sums, in the order of taps and channels. */
function eachProduct(shape: ConvShape, visit: (x: number, w: number, y: number) => void): void {
  const { images, rows, columns, groups, channels, filters } = shape;
  const [wholeX, wholeY] = [groups * channels, groups * filters];
  for (let i = 0; i < images; i++)
    for (let oy = 0; oy < rows.output; oy++)
      for (let ox = 0; ox < columns.output; ox++)
        for (let f = 0; f < wholeY; f++)
          for (let ky = 0; ky < rows.taps; ky++)
            for (let kx = 0; kx < columns.taps; kx++) {
              const y = oy * rows.stride + ky * rows.dilation - rows.before;
              const x = ox * columns.stride + kx * columns.dilation - columns.before;
              if (y < 0 || y >= rows.input || x < 0 || x >= columns.input) continue;
              const first = Math.floor(f / filters) * channels;
              for (let c = 0; c < channels; c++) {
                visit(
                  ((i * rows.input + y) * columns.input + x) * wholeX + first + c,
                  ((ky * columns.taps + kx) * channels + c) * wholeY + f,
                  ((i * rows.output + oy) * columns.output + ox) * wholeY + f,
                );
              }
            }
}

/** For every element of `to`: Σ and Σ|·| of the products of the other two, and how many there are. */
function reference(shape: ConvShape, to: Name, values: Readonly<Record<Name, Floats>>) {
  const length = sizeOf(shapesOf(shape)[to]);
  const [sum, size, count] = [new Float64Array(length), new Float64Array(length), new Int32Array(length)];
  const [a, b] = names3.filter((name) => name !== to) as [Name, Name];
  eachProduct(shape, (x, w, y) => {
    const at = { x, w, y };
    const product = values[a][at[a]]! * values[b][at[b]]!;
    sum[at[to]]! += product;
    size[at[to]]! += Math.abs(product);
    count[at[to]]! += 1;
  });
  return { sum, size, count };
}

const kernelsOf = {
  y: (spec: Lowered) => conv2d({ ...spec, x: spec.a, w: spec.b }),
  x: (spec: Lowered) => conv2dInputGradient({ ...spec, w: spec.a, dy: spec.b }),
  w: (spec: Lowered) => conv2dWeightGradient({ ...spec, x: spec.a, dy: spec.b }),
} satisfies Record<Name, (spec: Lowered) => Kernel[]>;

interface Lowered extends ConvShape {
  readonly a: Operand;
  readonly b: Operand;
  readonly out: number;
  readonly level: Level;
  readonly allocate: (length: number) => number;
}

/** The kernel's result, its operands given in the order x, w, y. */
function compute(
  shape: ConvShape,
  to: Name,
  values: Readonly<Record<Name, Floats>>,
  level: Level,
  order?: Order,
): Floats {
  const shapes = shapesOf(shape);
  const [a, b] = names3.filter((name) => name !== to) as [Name, Name];
  const buffers = new Map<number, Float32Array | number>([
    [0, values[a]],
    [1, values[b]],
    [2, new Float32Array(sizeOf(shapes[to])).fill(Number.NaN)],
  ]);
  const allocate = (length: number): number => {
    buffers.set(buffers.size, length);
    return buffers.size - 1;
  };
  const operands = { a: { slot: 0, view: denseView(shapes[a]) }, b: { slot: 1, view: denseView(shapes[b]) } };
  const kernels = kernelsOf[to]({ ...shape, ...operands, out: 2, level, allocate });
  return Float32Array.from(runKernels(kernels, buffers, order ? { order } : {}).get(2)!);
}

const axisOfOne: ConvAxis = { input: 1, output: 1, taps: 1, stride: 1, dilation: 1, before: 0 };

function valuesOf(shape: ConvShape, seed: number): Record<Name, Floats> {
  const { x, w, y } = shapesOf(shape);
  return { x: numbers(sizeOf(x), seed), w: numbers(sizeOf(w), seed + 7), y: numbers(sizeOf(y), seed + 13) };
}

const axes: fc.Arbitrary<ConvAxis> = fc
  .record({
    input: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constantFrom(1, 17, 29)),
    taps: fc.integer({ min: 1, max: 5 }),
    stride: fc.constantFrom(1, 1, 2, 3),
    dilation: fc.constantFrom(1, 1, 2, 3),
    before: fc.integer({ min: -1, max: 6 }),
    after: fc.integer({ min: -1, max: 6 }),
  })
  .map(({ input, taps, stride, dilation, before, after }) => {
    const room = input + before + after - (taps - 1) * dilation - 1;
    return { input, taps, stride, dilation, before, output: room < 0 ? 0 : Math.floor(room / stride) + 1 };
  });

const channels = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(0, 1, 3, 8, 16, 17, 33));
const mixed: fc.Arbitrary<ConvShape> = fc.record({
  images: fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 4 }) },
    { weight: 1, arbitrary: fc.constantFrom(6, 13, 25) },
  ),
  rows: axes,
  columns: axes,
  groups: fc.constantFrom(1, 1, 2, 3),
  channels,
  filters: channels,
});

/** One channel and one filter a group. */
const depthwise: fc.Arbitrary<ConvShape> = fc
  .tuple(mixed, channels)
  .map(([shape, groups]) => ({ ...shape, groups: Math.max(1, groups), channels: 1, filters: 1 }));
/** Single pixels, and windows that are the image. */
const plain: fc.Arbitrary<ConvShape> = fc.tuple(mixed, fc.boolean()).map(([shape, isPixel]) => {
  const axis = ({ input }: ConvAxis): ConvAxis =>
    isPixel ? { ...axisOfOne, input, output: input } : { ...axisOfOne, input, taps: input };
  return { ...shape, rows: axis(shape.rows), columns: axis(shape.columns), groups: 1 };
});
const shapes = fc
  .oneof({ weight: 4, arbitrary: mixed }, { weight: 2, arbitrary: depthwise }, { weight: 1, arbitrary: plain })
  .filter((shape) => {
    const { x, y, w } = shapesOf(shape);
    return sizeOf(y) * sizeOf(w.slice(0, 3)) <= 1_000_000 && sizeOf(x) <= 100_000;
  });

function check<T>(property: fc.IProperty<T>): void {
  fc.assert(property, { numRuns: runs });
}

const bitsOf = (values: Floats): Int32Array => new Int32Array(values.buffer);

describe.each(availableLevels)('convolutions at %s', (_name, level) => {
  test.each([
    ['y', 'the convolution'],
    ['x', 'the gradient of its input'],
    ['w', 'the gradient of its weights'],
  ] as const)('every element of %s, %s, is the float64 sum up to γₙ·Σ|a·b|', (to, _what) => {
    check(
      fc.property(shapes, fc.integer(), (shape, seed) => {
        const values = valuesOf(shape, seed);
        const { sum, size, count } = reference(shape, to, values);
        compute(shape, to, values, level).forEach((got, flat) => {
          const error = Math.abs(got - sum[flat]!);
          const gamma = (2 * count[flat]! + 1) * 2 ** -24;
          if (!(error <= gamma * size[flat]!))
            expect.fail(`element ${flat}: got ${got}, want ${sum[flat]}, off by ${error}`);
        });
      }),
    );
  });

  test.each(['y', 'x'] as const)('an image alone has the bits that it has in any batch: %s', (to) => {
    const some = shapes.filter(({ images, groups, channels, filters }) => images * groups * channels * filters > 0);
    check(
      fc.property(some, fc.integer(), fc.nat(), (shape, seed, chosen) => {
        const values = valuesOf(shape, seed);
        const image = chosen % shape.images;
        const only = (name: Name): Floats => {
          if (name === 'w') return values.w;
          const size = values[name].length / shape.images;
          return values[name].slice(image * size, (image + 1) * size);
        };
        const alone = compute({ ...shape, images: 1 }, to, { x: only('x'), w: only('w'), y: only('y') }, level);
        const whole = compute(shape, to, values, level);
        expect(bitsOf(alone)).toEqual(bitsOf(whole.slice(image * alone.length, (image + 1) * alone.length)));
      }),
    );
  });

  test.each([1, 2, 3])(
    'images with many windows at their sides have the same bits alone and in a batch: %i groups',
    (groups) => {
      const axis = (input: number): ConvAxis => ({ ...axisOfOne, input, output: input + 2, taps: 3, before: 2 });
      const shape = { images: 14, rows: axis(4), columns: axis(5), groups, channels: 5, filters: 19 };
      const values = valuesOf(shape, 3);
      const [x, y] = [values.x.length / shape.images, values.y.length / shape.images];
      const whole = compute(shape, 'y', values, level);
      for (let i = 0; i < shape.images; i++) {
        const image = { ...values, x: values.x.slice(i * x, (i + 1) * x) };
        const alone = compute({ ...shape, images: 1 }, 'y', image, level);
        expect(bitsOf(alone)).toEqual(bitsOf(whole.slice(i * y, (i + 1) * y)));
      }
    },
  );

  test.each(names3)('the bits do not depend on the order of tiles nor on the width of vectors: %s', (to) => {
    const narrow: Level = { bits: 128, fma: level.fma };
    const backwards: Order = (tiles) => Array.from({ length: tiles }, (_, i) => tiles - 1 - i);
    check(
      fc.property(shapes, fc.integer(), (shape, seed) => {
        const values = valuesOf(shape, seed);
        expect(bitsOf(compute(shape, to, values, level, backwards))).toEqual(
          bitsOf(compute(shape, to, values, narrow)),
        );
      }),
    );
  });
});

test('large convolutions are cut into tiles', () => {
  const axis = (input: number): ConvAxis => ({ ...axisOfOne, input, output: input, taps: 3, before: 1 });
  const shape = { images: 8, rows: axis(56), columns: axis(56), groups: 1, channels: 16, filters: 32 };
  for (const to of names3) {
    const shapesOfThis = shapesOf(shape);
    const [a, b] = names3.filter((name) => name !== to) as [Name, Name];
    const operands = {
      a: { slot: 0, view: denseView(shapesOfThis[a]) },
      b: { slot: 1, view: denseView(shapesOfThis[b]) },
    };
    const kernels = kernelsOf[to]({
      ...shape,
      ...operands,
      out: 2,
      level: { bits: 256, fma: false },
      allocate: () => 5,
    });
    expect(Math.max(...kernels.map(({ tiles }) => tiles))).toBeGreaterThanOrEqual(16);
  }
});
