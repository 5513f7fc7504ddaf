// Where the matrices of a batch lie, as they are and packed: a matrix that the batch repeats is packed once.

import { type Expr, i32 } from '@treadle/wasm';
import { sizeOf } from '../core/collapse-dims.ts';
import { times } from '../elementwise/vector-io.ts';

/** base + Σ indices[d] · strides[d] */
export function moved(base: Expr<'i32'>, indices: readonly Expr<'i32'>[], strides: readonly number[]): Expr<'i32'> {
  return indices.reduce((sum, index, d) => (strides[d] ? i32.add(sum, times(index, strides[d])) : sum), base);
}

/** The distinct matrices of an operand: the dimensions of the batch along which it moves. */
export interface Distinct {
  readonly count: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

export function distinct(batchShape: readonly number[], strides: readonly number[]): Distinct {
  const moving = batchShape.flatMap((size, d) => (strides[d] === 0 ? [] : [{ size, stride: strides[d] ?? 0 }]));
  const shape = moving.map(({ size }) => size);
  return { count: sizeOf(shape), shape, strides: moving.map(({ stride }) => stride) };
}

/** Bytes from a product's packed matrix to the next one's along each dimension of the batch, if a matrix has `bytes`. */
export function packedStrides(batchShape: readonly number[], strides: readonly number[], bytes: number): number[] {
  const packed = batchShape.map(() => 0);
  let distance = bytes;
  for (let d = packed.length - 1; d >= 0; d--) {
    if (strides[d] === 0) continue;
    packed[d] = distance;
    distance *= batchShape[d] ?? 1;
  }
  return packed;
}
