// The panels of B that a tile reads: in place, packed into the scratch of the tile, or packed once for all tiles by a kernel of
// their own. A panel has nr columns, the last one perhaps fewer; in a packed panel, the elements of one k are neighbours.

import { type Address, address, type Expr, type FunctionBuilder, i32, type ModuleBuilder } from '@treadle/wasm';
import { smaller } from '../core/arithmetic.ts';
import type { Level } from '../core/kernel.ts';
import { countLoop } from '../core/loops/count.ts';
import { addressAt } from '../core/loops/rows.ts';
import type { Span } from '../core/partition-evenly.ts';
import { distinct, packedStrides } from './batch.ts';
import { type Blocking, rowsAtOnce } from './blocking.ts';
import type { Geometry } from './geometry.ts';
import { computedColumns } from './micro-kernel.ts';
import { packPanel } from './pack.ts';

/** The widths that panels have; that of the last panel comes last. */
export function panelWidths({ n }: Geometry, { nr, panels }: Blocking): number[] {
  const last = n - nr * (panels - 1);
  return last === nr ? [nr] : panels === 1 ? [last] : [nr, last];
}

/** Emits code for each width, of which the one for panel `j` runs. */
export function byWidth(
  f: FunctionBuilder,
  widths: readonly number[],
  panels: number,
  j: Expr<'i32'>,
  emit: (width: number) => void,
): void {
  const [first, last] = widths;
  if (first === undefined) return;
  if (last === undefined) emit(first);
  else
    f.if(
      i32.eq(j, panels - 1),
      () => emit(last),
      () => emit(first),
    );
}

/** Bytes from one k to the next in a packed panel of `width` columns. */
export function packedStride(width: number, level: Level): number {
  return 4 * computedColumns(width, level);
}

/** Bytes from a packed panel to the next, at one block of k. */
export function panelBytes({ kc, nr }: Blocking): number {
  return 4 * kc * nr;
}

/**
 * Bytes of the packed panels of a matrix. All panels of a block of k follow each other, then come those of the next block:
 * panels a power of two apart would share few sets of the L2 (at k = 1024 that cost a tenth of the speed).
 */
export function matrixBytes({ k }: Geometry, blocking: Blocking): number {
  return Math.ceil(k / blocking.kc) * blocking.panels * panelBytes(blocking);
}

/** The address of panel j at k = p, p a multiple of kc. */
export function packedPanel(packed: Address, blocking: Blocking, j: Expr<'i32'>, p: Expr<'i32'>): Address {
  return addressAt(packed, [j, p], [panelBytes(blocking), 4 * blocking.panels * blocking.nr]);
}

/** Bytes from the packed panels of a product to those of the next one along each dimension of the batch. */
export function packedPanelsBatch(geometry: Geometry, blocking: Blocking): number[] {
  return packedStrides(geometry.batchShape, geometry.bBatch, matrixBytes(geometry, blocking));
}

/** The number of elements of all packed panels of all distinct matrices. */
export function packedPanelsLength(geometry: Geometry, blocking: Blocking): number {
  const matrices = distinct(geometry.batchShape, geometry.bBatch).count;
  return (matrices * matrixBytes(geometry, blocking)) / 4;
}

/** Packs `depth` rows of B, from the row at address `from` on, into panels one after the other at `to`. */
export function packPanels(
  f: FunctionBuilder,
  module: ModuleBuilder,
  geometry: Geometry,
  blocking: Blocking,
  level: Level,
  panels: Span,
  from: Address,
  to: Address,
  depth: Expr<'i32'>,
): void {
  const { bColumn, bStride } = geometry;
  const pass = (start: Expr<'i32'>, steps: Expr<'i32'>): void => {
    const packed = f.let(to);
    countLoop(f, panels.start, panels.end, 1, (j) => {
      byWidth(f, panelWidths(geometry, blocking), blocking.panels, j, (lanes) => {
        const toStride = packedStride(lanes, level);
        const pack = packPanel(module, { lanes, across: bColumn, stride: bStride, toStride });
        const at = addressAt(from, [start, j], [bStride, blocking.nr * bColumn]);
        f.do(f.call(pack, at, address.add(packed, address.times(start, toStride)), steps));
      });
      f.increment(packed, panelBytes(blocking));
    });
  };
  if (bColumn !== 4) {
    pass(i32.const(0), depth);
    return;
  }
  // Rows that lie far apart are copied a few at a time across the panels, so that few pages are open at once.
  countLoop(f, i32.const(0), depth, rowsAtOnce, (start) => {
    pass(start, f.let(smaller(i32.const(rowsAtOnce), i32.sub(depth, start))));
  });
}
