// Products of matrices. One law rules the design: an element of the output is one chain of multiply-adds over k = 0, 1, 2, …
// that starts from +0: acc = fma(a[k], b[k], acc) at levels that have FMA, acc + a[k]·b[k] otherwise. So its bits depend only on
// its row of A and its column of B: not on blocks, tiles, threads, m, n, the batch, or the layout of the operands.

import type { Epilogue, Kernel, Level, Operand, Present, Slot } from '../core/kernel.ts';
import { transposed } from '../core/operand.ts';
import { packedPanelsLength } from './b-panels.ts';
import { blockingOf } from './blocking.ts';
import { geometryOf } from './geometry.ts';
import { packB } from './pack-b.ts';
import { productKernel } from './product.ts';

/** The operands of a product. */
export interface MatmulSpec {
  /** [batch…, m, k], any view: a transposition exchanges strides, a broadcast batch has stride 0 */
  readonly a: Operand;
  /** [batch…, k, n], any view */
  readonly b: Operand;
  /** receives [batch…, m, n], dense, in row-major order */
  readonly out: Slot;
  /** runs once on every region of the output, when the region is final, in the tile that computed it */
  readonly epilogue?: Epilogue | undefined;
  /** an int32, 1 … k: the number of products in each sum; without it, k */
  readonly depth?: Slot | undefined;
  readonly present?: Present | undefined;
  readonly level: Level;
  /** the slot of a new temporary buffer of `length` elements */
  readonly allocate: (length: number) => Slot;
}

/** The kernels of a · b, each to run after all tiles of the one before; none if the output has no elements. */
export function matmul(spec: MatmulSpec): Kernel[] {
  const isFlipped = isMatrixTimesColumn(spec);
  const { a, b, out, epilogue, depth, present, level, allocate } = isFlipped ? flipped(spec) : spec;
  const geometry = geometryOf(a, b);
  const { batch, m, n, k } = geometry;
  if (batch * m * n === 0) return [];
  const blocking = blockingOf(geometry, level);
  const shape = [...(batch > 1 ? [batch] : []), ...(isFlipped ? [n, k, m] : [m, k, n])];
  const name = `matmul ${shape.join('×')}`;
  const product = { name, shape, a, b, out, epilogue, depth, present, level, geometry, blocking };
  if (k === 0) return [productKernel(product)];
  if (blocking.b !== 'shared') return [productKernel(product)];
  const length = packedPanelsLength(geometry, blocking);
  const packed = { slot: allocate(length), view: { shape: [length], strides: [1], offset: 0 } };
  return [packB(b, packed.slot, geometry, blocking, level), productKernel({ ...product, b: packed })];
}

/** Whether to compute A · b for a column b as (bᵀ · Aᵀ)ᵀ, so that A is read in vectors along its rows or its columns. */
function isMatrixTimesColumn({ a, b }: MatmulSpec): boolean {
  const [row = 0, stride = 0] = a.view.strides.slice(-2);
  const [m = 0, k = 0] = a.view.shape.slice(-2);
  return b.view.shape.at(-1) === 1 && m > 1 && k > 1 && (row === 1 ? stride !== 1 : stride === 1 && row >= 0);
}

/** bᵀ · aᵀ: the same products in the same order; a column of the output lies in memory like a row. */
function flipped(spec: MatmulSpec): MatmulSpec {
  const { epilogue } = spec;
  return {
    ...spec,
    a: transposed(spec.b),
    b: transposed(spec.a),
    present: undefined,
    epilogue: epilogue && {
      ...epilogue,
      emit: (module) => {
        const finish = epilogue.emit(module);
        return (f, table, { outer, row0, row1, col0, col1 }) =>
          finish(f, table, { outer, row0: col0, row1: col1, col0: row0, col1: row1 });
      },
    },
  };
}
