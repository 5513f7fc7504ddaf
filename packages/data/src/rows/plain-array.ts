// A plain array: elements in row-major order, and the length of each axis. Readers, splits and scalers compute on plain
// arrays, so they need no engine and run on any thread; `tensors.ts` converts. A row is an index of the first axis.
// Invariant: `values.length` is the product of `shape`.

import { sizeOf } from '@treadle/tensor';

export type Elements = Float32Array | Int32Array;

export interface PlainArray<E extends Elements = Elements> {
  readonly values: E;
  readonly shape: readonly number[];
}

/** Rows and their labels or targets: `x` and `y` have the same number of rows. */
export interface Pair<X, Y = X> {
  readonly x: X;
  readonly y: Y;
}

/** Rows with class labels: x float32 [n, …] and y int32 [n]. */
export type Labelled = Pair<PlainArray<Float32Array>, PlainArray<Int32Array>>;

/** The rows for training and the rows for testing. */
export interface Split<P> {
  readonly train: P;
  readonly test: P;
}

/** The number of elements in a row. */
export function rowLength({ shape }: { readonly shape: readonly number[] }): number {
  return sizeOf(shape.slice(1));
}

/** An array of zeros with the element type of `like`. */
export function emptyLike<E extends Elements>(like: E, length: number): E;
export function emptyLike(like: Elements, length: number): Elements {
  return like instanceof Float32Array ? new Float32Array(length) : new Int32Array(length);
}
