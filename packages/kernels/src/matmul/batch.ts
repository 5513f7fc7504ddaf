// The matrices of a batch: a matrix that a broadcast batch repeats is packed once.

import { sizeOf } from '../core/collapse-dims.ts';

/** The distinct matrices of an operand: the dimensions of the batch along which it moves. */
export interface Distinct {
  readonly count: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** `strides`: of the operand along the batch; 0 where it repeats. */
export function distinct(batchShape: readonly number[], strides: readonly number[]): Distinct {
  const moving = batchShape.flatMap((size, d) => (strides[d] === 0 ? [] : [{ size, stride: strides[d] ?? 0 }]));
  const shape = moving.map(({ size }) => size);
  return { count: sizeOf(shape), shape, strides: moving.map(({ stride }) => stride) };
}

/** Bytes from the packed matrix of a product to that of the next one along each dimension of the batch; a matrix takes `bytes`. */
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
