// One block of k of a tile: the loops over panels of columns and blocks of rows around the micro-kernel. Knows where A and B lie
// from `Blocking`; knows nothing of lanes.

import { type Address, address, type Expr, type FunctionBuilder, i32, type ModuleBuilder } from '@treadle/wasm';
import { plus, smaller } from '../core/arithmetic.ts';
import type { Epilogue, Level, Operand, Present, Slot } from '../core/kernel.ts';
import { countLoop } from '../core/loops/count.ts';
import { addressAt } from '../core/loops/rows.ts';
import type { Span } from '../core/partition-evenly.ts';
import { type Blocks, blockBytes, eachBlock, packedRowsBytes } from './a-panels.ts';
import { byWidth, packedPanel, packedStride, packPanels, panelBytes, panelWidths } from './b-panels.ts';
import type { Blocking } from './blocking.ts';
import { directBKernel } from './direct-b-kernel.ts';
import type { Geometry } from './geometry.ts';
import { microKernel } from './micro-kernel.ts';

/** A product, and how it is computed. */
export interface Product {
  readonly name: string;
  /** as the caller sees it: the number of products, unless it is 1, then m, k and n */
  readonly shape: readonly number[];
  readonly a: Operand;
  /** B, or its packed panels where they are shared */
  readonly b: Operand;
  readonly out: Slot;
  readonly epilogue: Epilogue | undefined;
  /** holds the number of products in a sum, where that is not k */
  readonly depth: Slot | undefined;
  /** the valid rows of a single product, or the valid products of a batch */
  readonly present: Present | undefined;
  readonly level: Level;
  readonly geometry: Geometry;
  readonly blocking: Blocking;
}

/** What the loops of a tile share: expressions are locals or constants, so they may be used any number of times. */
export interface Tile {
  readonly f: FunctionBuilder;
  readonly module: ModuleBuilder;
  readonly product: Product;
  readonly scratch: Address;
  /** the number of products in a sum */
  readonly k: Expr<'i32'>;
  readonly panels: Span;
  readonly blocks: Blocks;
}

/** The scratch of a tile: byte offsets of packed rows of A (0), packed panels of B and the spill, and its size. */
export function scratchOf({ geometry, blocking, level }: Product): { b: number; spill: number; bytes: number } {
  const { mr, nr, kc, panelsAtOnce } = blocking;
  const aligned = (floats: number): number => 64 * Math.ceil(floats / 16);
  const a = blocking.a === 'in scratch' ? aligned(packedRowsBytes(geometry, blocking) / 4) : 0;
  const b = blocking.b === 'in scratch' ? aligned(panelsAtOnce * kc * nr) : 0;
  const spill = level.bits === 256 ? aligned(Math.max(mr * nr, 64)) : 0;
  return { b: a, spill: a + b, bytes: a + b + spill };
}

/** A block of `depth` k from k = p on, for all panels of the tile; `a`: its first row, at k = p or packed. */
export function overPanels(tile: Tile, a: Address, b: Address, c: Address, p: Expr<'i32'>, depth: Expr<'i32'>): void {
  const { f, module, product, scratch, panels } = tile;
  const { geometry, blocking, level } = product;
  const { bColumn, bStride } = geometry;
  const widths = panelWidths(geometry, blocking);
  const over = (j: Expr<'i32'>, panelAt: (width: number) => { panel: Address; stride: number }): void =>
    byWidth(f, widths, blocking.panels, j, (width) => {
      const to = address.add(c, address.times(j, 4 * blocking.nr));
      overRows(tile, { a, ...panelAt(width), width, depth, p, c: to });
    });
  if (blocking.b !== 'in scratch') {
    countLoop(f, panels.start, panels.end, 1, (j) => {
      over(j, (width) =>
        blocking.b === 'shared'
          ? { panel: packedPanel(b, blocking, j, p), stride: packedStride(width, level) }
          : { panel: addressAt(b, [j, p], [blocking.nr * bColumn, bStride]), stride: bStride },
      );
    });
    return;
  }
  const to = f.let(plus(scratch, scratchOf(product).b));
  const from = f.let(address.add(b, address.times(p, bStride)));
  countLoop(f, panels.start, panels.end, blocking.panelsAtOnce, (first) => {
    const end = f.let(smaller(plus(first, blocking.panelsAtOnce), panels.end));
    packPanels(f, module, geometry, blocking, level, { start: first, end }, from, to, depth);
    countLoop(f, first, end, 1, (j) => {
      const panel = address.add(to, address.times(i32.sub(j, first), panelBytes(blocking)));
      over(j, (width) => ({ panel, stride: packedStride(width, level) }));
    });
  });
}

/** A panel of `width` columns at one block of k. */
interface Panel {
  readonly a: Address;
  readonly panel: Address;
  /** bytes from one k to the next in the panel */
  readonly stride: number;
  readonly width: number;
  readonly depth: Expr<'i32'>;
  readonly p: Expr<'i32'>;
  readonly c: Address;
}

/** Rows of C that the direct-B kernel computes as its columns, where the panel has `width` columns. */
function rowsAsColumns(width: number, { bits }: Level): number {
  return (width <= 2 ? bits : bits / 2) / 8;
}

/**
 * Whether a panel is so narrow that vectors better run along the rows of A, transposed in registers. Every tile must have enough
 * rows, however many rows are valid.
 */
function runsAcross({ geometry, blocking, level, present }: Product, width: number): boolean {
  const { m, k, aRow, aStride } = geometry;
  const [count, parts] = [Math.ceil(m / blocking.mr), blocking.rowParts];
  const fewest = parts === 1 ? m : Math.floor(count / parts) * Math.floor(m / count);
  const hasContiguousRows = blocking.a === 'in place' && aStride === 4 && aRow >= 0;
  return width <= 4 && !present && hasContiguousRows && k <= blocking.kc && fewest >= rowsAsColumns(width, level);
}

/** (Bᵀ · Aᵀ)ᵀ for a panel of B. The last block of rows begins earlier, so that it is whole, and computes some rows again. */
function acrossRows({ f, module, product, scratch, blocks }: Tile, { a, panel, stride, width, depth, c }: Panel): void {
  const { aRow, cRow } = product.geometry;
  const columns = rowsAsColumns(width, product.level);
  const spec = { rows: width, columns, aRow: 4, aStride: stride, bColumn: aRow, cRow: 4, cColumn: cRow };
  const kernel = directBKernel(module, { ...spec, level: product.level });
  const spill = f.let(plus(scratch, scratchOf(product).spill));
  const [from, to, b] = [f.let(a), f.let(c), f.let(panel)];
  const count = f.let(i32.sub(blocks.rows.end, blocks.rows.start));
  countLoop(f, i32.const(0), count, columns, (at) => {
    const row = f.let(smaller(at, i32.sub(count, columns)));
    const rowOfA = address.add(from, address.times(row, aRow));
    f.do(f.call(kernel, b, rowOfA, address.add(to, address.times(row, cRow)), depth, 0, spill));
  });
}

function overRows(tile: Tile, all: Panel): void {
  const { a, panel, stride, width, depth, p, c } = all;
  if (runsAcross(tile.product, width)) {
    acrossRows(tile, all);
    return;
  }
  const { f, module, product, scratch, blocks } = tile;
  const { aRow, aStride, cRow, bColumn } = product.geometry;
  const packsA = product.blocking.a !== 'in place';
  const spill = f.let(plus(scratch, scratchOf(product).spill));
  const [aBlock, cBlock] = [f.let(a), f.let(c)];
  // Few columns leave too few sums in a block to hide the latency of a multiply-add.
  const isTransposed = product.blocking.b === 'transposed';
  const pairs = product.level.bits === 256 && product.blocking.panels > 1 && width <= 8 && !isTransposed;
  const blockStride = (height: number): number => (packsA ? blockBytes(product.blocking) : height * aRow);
  eachBlock(
    f,
    blocks,
    (height, count) => {
      const rowsOfA = packsA ? { aRow: 4, aStride: 4 * height } : { aRow, aStride };
      const spec = { rows: height, columns: width, ...rowsOfA, cRow, level: product.level };
      const micro = isTransposed
        ? directBKernel(module, { ...spec, bColumn })
        : microKernel(module, {
            ...spec,
            blocks: count,
            blockStride: count > 1 ? blockStride(height) : 0,
            bStride: stride,
          });
      // The chains continue from C in every block of k but the first, where p = 0.
      f.do(f.call(micro, aBlock, panel, cBlock, depth, p, spill));
      f.increment(aBlock, count * blockStride(height));
      f.increment(cBlock, count * height * cRow);
    },
    { pairs },
  );
}
