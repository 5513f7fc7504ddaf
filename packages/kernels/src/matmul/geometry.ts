// A product as sizes and distances: what remains of two views once dimensions of size 1 have lost their strides and batch
// dimensions are joined where possible. All distances are in bytes.

import { collapseDims, sizeOf } from '../core/collapse-dims.ts';
import type { Operand } from '../core/kernel.ts';

/** The sizes and distances of a product. */
export interface Geometry {
  /** number of products */
  readonly batch: number;
  readonly batchShape: readonly number[];
  /** from a product to the next along each dimension of `batchShape` */
  readonly aBatch: readonly number[];
  readonly bBatch: readonly number[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** from a row of A to the next, and from one k to the next */
  readonly aRow: number;
  readonly aStride: number;
  /** from one k to the next in B, and from a column to the next */
  readonly bStride: number;
  readonly bColumn: number;
  readonly cRow: number;
}

/** Of a [batch…, m, k] · b [batch…, k, n]. */
export function geometryOf(a: Operand, b: Operand): Geometry {
  const [aShape, bShape] = [a.view.shape, b.view.shape];
  const batchShape = aShape.slice(0, -2);
  const [m, k] = aShape.slice(-2);
  const [kOfB, n] = bShape.slice(-2);
  const isProduct = k === kOfB && `${batchShape}` === `${bShape.slice(0, -2)}`;
  if (m === undefined || k === undefined || n === undefined || !isProduct) {
    throw new Error(`internal: matmul: inner sizes and batches must match; got [${aShape}] × [${bShape}]`);
  }
  const collapsed = collapseDims(batchShape, [a.view.strides.slice(0, -2), b.view.strides.slice(0, -2)]);
  const [aBatch, bBatch] = collapsed.strides.map((strides) => strides.map((stride) => 4 * stride));
  // The stride along a dimension of size 1 has no meaning; it becomes the one that suits the loops best.
  const distance = (stride: number | undefined, size: number, idle: number) => (size <= 1 ? idle : 4 * (stride ?? 0));
  const [aRow, aStride] = a.view.strides.slice(-2);
  const [bStride, bColumn] = b.view.strides.slice(-2);
  return {
    batch: sizeOf(batchShape),
    batchShape: collapsed.shape,
    aBatch: aBatch ?? [],
    bBatch: bBatch ?? [],
    m,
    n,
    k,
    aRow: distance(aRow, m, 0),
    aStride: distance(aStride, k, 4),
    bStride: distance(bStride, k, 0),
    bColumn: distance(bColumn, n, 4),
    cRow: 4 * n,
  };
}
