// What a case is: how to draw examples of an op, and the right result of each. An example keeps its attributes in
// closures, so that one test serves every op.

import type { Dtype, Node } from '@treadle/graph';
import fc from 'fast-check';
import { float16Of, nearestFloat16 } from '../float16.ts';
import { type NdArray, nd, type Shape, sizeOf } from '../reference.ts';
import { ulpDistance } from '../ulp.ts';

/** The error allowed for a result: correct rounding, a number of ulps, or an absolute bound for each element. */
export type Tolerance =
  | 'rounded'
  | { readonly ulps: number }
  | { readonly bounds: (truth: NdArray, ...inputs: readonly NdArray[]) => readonly number[] };

export interface Example {
  /** the attributes, for messages */
  readonly label: string;
  readonly inputs: readonly NdArray[];
  readonly apply: (...nodes: readonly Node[]) => Node | readonly Node[];
  readonly reference: (...inputs: readonly NdArray[]) => NdArray | readonly NdArray[];
  readonly tolerance: Tolerance;
}

/** A call that must throw. */
export interface Wrong {
  readonly call: () => unknown;
  readonly error: 'ShapeError' | 'DtypeError' | 'RangeError';
}

export interface Case {
  /** any shapes and any numbers in the domain */
  readonly examples: fc.Arbitrary<Example>;
  /** zeros, infinities, NaN, the ends of the range */
  readonly special?: readonly Example[];
  /** small examples away from kinks, in which all float32 inputs have gradients; undefined if the op has none */
  readonly smooth?: fc.Arbitrary<Example>;
  readonly wrong: readonly Wrong[];
}

export function asList<T extends object>(x: T | readonly T[]): readonly T[] {
  return Array.isArray(x) ? x : [x as T];
}

/** A sentence about the first wrong element of a result; undefined if the result is right. */
export function violation(
  { shape, dtype, data }: NdArray,
  truth: NdArray,
  tolerance: Tolerance,
  inputs: readonly NdArray[],
): string | undefined {
  if (`${shape}` !== `${truth.shape}`) return `shape [${shape}], not [${truth.shape}]`;
  if (dtype !== truth.dtype) return `dtype ${dtype}, not ${truth.dtype}`;
  const bounds =
    typeof tolerance === 'object' && 'bounds' in tolerance ? tolerance.bounds(truth, ...inputs) : undefined;
  for (let i = 0; i < data.length; i++) {
    const [got, wanted] = [data[i]!, truth.data[i]!];
    let isRight: boolean;
    if (dtype !== 'float32') isRight = got === wanted || Object.is(got, wanted);
    else if (bounds) isRight = Math.abs(got - wanted) <= bounds[i]! || Object.is(got, Math.fround(wanted));
    else if (tolerance === 'rounded') isRight = Object.is(got, Math.fround(wanted));
    else isRight = 'ulps' in tolerance && ulpDistance(got, wanted) <= tolerance.ulps;
    if (!isRight)
      return `at [${i}] got ${got}, true ${wanted}: ${ulpDistance(got, wanted)} ulp, bound ${bounds?.[i] ?? JSON.stringify(tolerance)}`;
  }
  return undefined;
}

// Shapes.

export interface ShapeLimits {
  readonly maxRank?: number;
  readonly minRank?: number;
  readonly maxSize?: number;
  readonly extents?: readonly number[];
}

export const small: ShapeLimits = { maxRank: 3, maxSize: 9, extents: [0, 1, 2, 3, 3, 4] };

/** Shapes of rank 0 to 4, also with axes of length 0 and 1. */
export function shapes({
  minRank = 0,
  maxRank = 4,
  maxSize = 140,
  extents = [0, 1, 1, 2, 3, 4, 5, 9],
}: ShapeLimits = {}): fc.Arbitrary<Shape> {
  return fc
    .array(fc.constantFrom(...extents), { minLength: minRank, maxLength: maxRank })
    .filter((shape) => sizeOf(shape) <= maxSize);
}

/** `count` shapes that broadcast together. */
export function broadcastable(count: number, limits?: ShapeLimits): fc.Arbitrary<readonly Shape[]> {
  return shapes(limits).chain((shape) => {
    const one = fc
      .tuple(
        fc.nat({ max: shape.length }),
        fc.array(fc.nat({ max: 3 }), { minLength: shape.length, maxLength: shape.length }),
      )
      .map(([skip, keep]) => shape.map((extent, i) => (keep[i] === 0 ? 1 : extent)).slice(skip));
    return fc.array(fc.oneof({ weight: 2, arbitrary: fc.constant(shape) }, { weight: 3, arbitrary: one }), {
      minLength: count,
      maxLength: count,
    });
  });
}

/** Axes of an array of this rank, also counted from the end; undefined means all. */
export function someAxes(rank: number): fc.Arbitrary<number | readonly number[] | undefined> {
  const all = Array.from({ length: rank }, (_, i) => i);
  const signed = (axis: number) => fc.boolean().map((fromEnd) => (fromEnd ? axis - rank : axis));
  const several = fc.shuffledSubarray(all).chain((axes) => fc.tuple(...axes.map(signed)));
  if (rank === 0) return fc.constantFrom(undefined, []);
  return fc.oneof(fc.constant(undefined), oneAxis(rank), several);
}

export function oneAxis(rank: number): fc.Arbitrary<number> {
  return fc.integer({ min: -rank, max: rank - 1 });
}

// Values.

const float = (min: number, max: number) => fc.float({ min: Math.fround(min), max: Math.fround(max), noNaN: true });
export const moderate: fc.Arbitrary<number> = float(-8, 8);
export const positive: fc.Arbitrary<number> = float(0.001, 50);
/** Any finite float32, and numbers that are common in programs. */
export const finite: fc.Arbitrary<number> = fc.oneof(
  moderate,
  fc.integer({ min: -9, max: 9 }),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
);
const int32: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: -9, max: 9 }),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
);
const bit = fc.constantFrom(0, 1);

export const allDtypes: readonly Dtype[] = ['float32', 'float16', 'int32', 'uint8', 'bool'];

export function elementsOf(dtype: Dtype, floats: fc.Arbitrary<number> = moderate): fc.Arbitrary<number> {
  switch (dtype) {
    case 'float32':
      return floats;
    case 'float16':
      return floats.map((x) => float16Of(nearestFloat16(x)));
    case 'int32':
      return int32;
    case 'uint8':
      return fc.integer({ min: 0, max: 255 });
    case 'bool':
      return bit;
  }
}

export function arrays(
  shape: Shape,
  elements: fc.Arbitrary<number> = moderate,
  dtype: Dtype = 'float32',
): fc.Arbitrary<NdArray> {
  const length = sizeOf(shape);
  return fc.array(elements, { minLength: length, maxLength: length }).map((data) => nd(shape, data, dtype));
}

/** An array of any of the dtypes. */
export function anyArray(
  shape: Shape,
  dtypes: readonly Dtype[] = ['float32', 'float32', 'int32', 'bool'],
): fc.Arbitrary<NdArray> {
  return fc.constantFrom(...dtypes).chain((dtype) => arrays(shape, elementsOf(dtype, finite), dtype));
}

export interface Spread {
  readonly from?: number;
  readonly step?: number;
}

/**
 * Arrays of distinct numbers. Any two numbers, also of different arrays, differ by at least a tenth of the step, and so
 * does each number from the multiples of the step. So comparisons and roundings to whole numbers are far from the
 * points where they jump.
 */
export function apart(shapes: readonly Shape[], { from = -3, step = 0.5 }: Spread = {}): fc.Arbitrary<NdArray[]> {
  const n = shapes.length;
  const one = (shape: Shape, i: number): fc.Arbitrary<NdArray> => {
    const length = sizeOf(shape);
    const places = Array.from({ length: Math.max(12, length) }, (_, k) => k);
    return fc
      .tuple(
        fc.shuffledSubarray(places, { minLength: length, maxLength: length }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: length, maxLength: length }),
      )
      .map(([ks, ts]) =>
        nd(
          shape,
          ks.map((k, j) => Math.fround(from + (k + (i + 0.2 + 0.6 * ts[j]!) / n) * step)),
        ),
      );
  };
  return fc.tuple(...shapes.map(one));
}
