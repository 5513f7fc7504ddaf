// Products of matrices. One law rules the design: an element of the output is one chain of multiply-adds over k = 0, 1, 2, …
// that starts from +0, acc = fma(a[k], b[k], acc) at levels that have it, acc + a[k]·b[k] otherwise. So its bits depend on
// its row of A and its column of B alone: not on blocks, tiles, threads, m, n, the batch, or how the operands lie.

import type { Epilogue, Kernel, Level, Operand, Slot } from './kernel.ts';
import { blockingOf } from './matmul/blocking.ts';
import { geometryOf } from './matmul/geometry.ts';
import { packB, packedLength } from './matmul/panels.ts';
import { productKernel } from './matmul/product.ts';

export interface MatmulSpec {
  /** [batch…, m, k] and [batch…, k, n], any views: a transposition is strides, a broadcast batch has stride 0 */
  readonly a: Operand;
  readonly b: Operand;
  /** receives [batch…, m, n], dense, in row-major order */
  readonly out: Slot;
  /** runs on every region of the output once, when it is final, in the tile that computed it */
  readonly epilogue?: Epilogue | undefined;
  readonly level: Level;
  /** the slot of a new temporary buffer of `length` elements */
  readonly allocate: (length: number) => Slot;
}

/** a · b as steps in order, each after all tiles of the one before; none if the output has no elements. */
export function matmul({ a, b, out, epilogue, level, allocate }: MatmulSpec): Kernel[] {
  const geometry = geometryOf(a, b);
  const { batch, m, n, k } = geometry;
  if (batch * m * n === 0) return [];
  const blocking = blockingOf(geometry, level);
  const name = `matmul ${batch > 1 ? `${batch}×` : ''}${m}×${k}×${n}`;
  const product = { name, a, b, out, epilogue, level, geometry, blocking };
  if (blocking.b !== 'shared' || k === 0) return [productKernel(product)];
  const packed = allocate(packedLength(geometry, blocking));
  const panels = { slot: packed, view: { shape: [], strides: [], offset: 0 } };
  return [packB(b, packed, geometry, blocking, level), productKernel({ ...product, b: panels })];
}
