// The reference for tensors, in plain TypeScript: float64 arrays in row-major order, and the few functions on indices
// from which every reference is built. Simple rather than fast. float32 values are represented exactly, bools as 0 and
// 1.

import type { Dtype } from '@treadle/graph';
import { float16Of, nearestFloat16 } from './float16.ts';

export type Shape = readonly number[];

export interface NdArray {
  readonly shape: Shape;
  readonly dtype: Dtype;
  readonly data: readonly number[];
}

export function sizeOf(shape: Shape): number {
  return shape.reduce((size, length) => size * length, 1);
}

export function nd(shape: Shape, data: readonly number[], dtype: Dtype = 'float32'): NdArray {
  if (data.length !== sizeOf(shape)) throw new Error(`${data.length} values for [${shape}]`);
  return { shape, dtype, data };
}

/** Every index of a shape, in row-major order. */
export function indicesOf(shape: Shape): number[][] {
  let indices: number[][] = [[]];
  for (const extent of shape) {
    indices = indices.flatMap((index) => Array.from({ length: extent }, (_, i) => [...index, i]));
  }
  return indices;
}

/**
 * The position of an index in row-major order, with broadcasting: an axis of length 1 ignores its index, as do missing
 * axes in front.
 */
export function positionOf(shape: Shape, index: readonly number[]): number {
  const skipped = index.length - shape.length;
  return shape.reduce((position, extent, i) => position * extent + (extent === 1 ? 0 : index[i + skipped]!), 0);
}

export function at(x: NdArray, index: readonly number[]): number {
  return x.data[positionOf(x.shape, index)]!;
}

/** The array of this shape with the elements `element(index)`. */
export function build(shape: Shape, element: (index: number[]) => number, dtype: Dtype = 'float32'): NdArray {
  return { shape, dtype, data: indicesOf(shape).map(element) };
}

export function broadcast(...shapes: readonly Shape[]): Shape {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, i) => {
    const extents = shapes.map((shape) => shape[shape.length - rank + i] ?? 1);
    return extents.find((extent) => extent !== 1) ?? 1;
  });
}

/** f of the elements of the arrays, with broadcasting. */
export function zip(dtype: Dtype, f: (...x: number[]) => number, ...arrays: readonly NdArray[]): NdArray {
  const shape = broadcast(...arrays.map((x) => x.shape));
  return build(shape, (index) => f(...arrays.map((x) => at(x, index))), dtype);
}

export function withDtype(x: NdArray, dtype: Dtype): NdArray {
  if (dtype === x.dtype) return x; // not rounded: the exact float64 values remain
  const isFloat = x.dtype === 'float32' || x.dtype === 'float16';
  return { ...x, dtype, data: x.data.map((value) => castNumber(value, dtype, isFloat)) };
}

/**
 * int32 → float32 rounds; float32 → int32 goes towards zero, to the nearest end of the range, and to 0 for NaN. So do floats to
 * uint8, to which int32 wraps around.
 */
function castNumber(value: number, dtype: Dtype, isFloat: boolean): number {
  const whole = (least: number, greatest: number): number =>
    Number.isNaN(value) ? 0 : Math.max(least, Math.min(greatest, Math.trunc(value))) + 0;
  switch (dtype) {
    case 'float32':
      return Math.fround(value);
    case 'float16':
      return float16Of(nearestFloat16(Math.fround(value)));
    case 'bool':
      return value === 0 ? 0 : 1;
    case 'int32':
      return whole(-(2 ** 31), 2 ** 31 - 1);
    case 'uint8':
      return isFloat ? whole(0, 255) : value & 255;
  }
}

export type Axes = number | readonly number[] | undefined;

/** The axes as non-negative numbers in ascending order; undefined means all. */
export function axesOf(axes: Axes, rank: number): readonly number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  return (typeof axes === 'number' ? [axes] : axes).map((axis) => (axis + rank) % rank).sort((a, b) => a - b);
}

/** Reduces the elements along the axes, given in row-major order, to one number by f. */
export function reduceAxes(
  x: NdArray,
  axes: Axes,
  keepDims: boolean,
  f: (elements: number[]) => number,
  dtype: Dtype = x.dtype,
): NdArray {
  const reduced = axesOf(axes, x.shape.length);
  const kept = x.shape.map((extent, i) => (reduced.includes(i) ? 1 : extent));
  const inner = indicesOf(x.shape.map((extent, i) => (reduced.includes(i) ? extent : 1)));
  const data = indicesOf(kept).map((outer) =>
    f(
      inner.map((index) =>
        at(
          x,
          index.map((k, i) => k + outer[i]!),
        ),
      ),
    ),
  );
  return nd(keepDims ? kept : kept.filter((_, i) => !reduced.includes(i)), data, dtype);
}

/** Applies f to each row along an axis. f returns a row of the same length. */
export function alongAxis(x: NdArray, axis: number, f: (row: number[]) => number[]): NdArray {
  const [d] = axesOf(axis, x.shape.length);
  const rows = new Map<string, number[]>();
  return build(x.shape, (index) => {
    const outer = index.with(d!, 0);
    const key = outer.join();
    const row = rows.get(key) ?? f(Array.from({ length: x.shape[d!]! }, (_, k) => at(x, index.with(d!, k))));
    rows.set(key, row);
    return row[index[d!]!]!;
  });
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, x) => total + x, 0);
}

/** Unit roundoff of float32. */
export const u: number = 2 ** -24;

/**
 * γₙ = n·u/(1 − n·u), the relative error bound of n successive roundings (Higham, Accuracy and Stability, lemma 3.1).
 */
export function gamma(n: number): number {
  return (n * u) / (1 - n * u);
}

/** Half the smallest positive float32: the largest rounding error of a denormal result. */
export const tiny: number = 2 ** -150;
