// The loops around the micro-kernel, over one tile of the output: its products, blocks of k, panels of columns, blocks of
// rows. The blocks of k run in order and continue the chains in C, so a tile is finished when its last block is; then the
// epilogue sees it. Knows where A and B lie by `Blocking`; knows nothing of lanes.

import { type Expr, type FunctionBuilder, i32, type ModuleBuilder, memory } from '@treadle/wasm';
import { bytesMoved } from '../core/bytes-moved.ts';
import { type Divided, dividedAmong } from '../core/equal-parts.ts';
import type { Epilogue, Kernel, KernelFunc, Level, Operand, Present, Slot, Work } from '../core/kernel.ts';
import { slotsOf } from '../core/kernel-frame.ts';
import { countLoop } from '../core/loops/count.ts';
import { unflatten } from '../core/loops/rows.ts';
import { address, plus, smaller, times } from '../elementwise/vector-io.ts';
import { type Blocks, blockBytes, blocksOf, eachBlock, packedRowsBytes, packRows } from './a-panels.ts';
import {
  byWidth,
  packedPanel,
  packedPanelsBatch,
  packedStep,
  packPanels,
  panelBytes,
  panelWidths,
} from './b-panels.ts';
import { moved } from './batch.ts';
import { type Blocking, work } from './blocking.ts';
import { directBKernel } from './direct-b-kernel.ts';
import type { Geometry } from './geometry.ts';
import { microKernel } from './micro-kernel.ts';
import { evenPart, type Span } from './partition-evenly.ts';

export interface Product {
  readonly name: string;
  /** as it was asked for: products, unless there is one, then m, k and n */
  readonly shape: readonly number[];
  readonly a: Operand;
  /** B, or its packed panels where they are shared */
  readonly b: Operand;
  readonly out: Slot;
  readonly epilogue: Epilogue | undefined;
  /** holds the number of products in a sum, where that is not k */
  readonly depth: Slot | undefined;
  /** of the rows of a single product, or of several products */
  readonly present: Present | undefined;
  readonly level: Level;
  readonly geometry: Geometry;
  readonly blocking: Blocking;
}

export function productKernel(product: Product): Kernel {
  const { name, a, b, out, epilogue, depth, level, geometry, blocking } = product;
  const { loads = [], stores = [] } = epilogue ?? {};
  const flopsPerNanosecond = level.bits === 256 ? 90 : 40;
  const { batchParts, rowParts, panelParts } = blocking;
  const isDivided = rowParts * panelParts === 1 && geometry.batch % batchParts === 0;
  return {
    name,
    tiles: batchParts * rowParts * panelParts,
    cost: work(geometry) / flopsPerNanosecond + (epilogue?.cost ?? 0),
    scratch: scratchOf(product).bytes,
    reads: [...slotsOf([a, b, ...loads]), ...(depth === undefined ? [] : [depth])],
    writes: [...new Set([out, ...slotsOf(stores)])],
    work: workOf(product),
    ...(isDivided && { inParts: partsOf(product) }),
    emit: (module) => emitProduct(module, product),
  };
}

/** What the products of a batch divide among themselves. */
function partsOf({ a, b, out, epilogue, geometry }: Product): ReadonlyMap<Slot, number> {
  const { batch, m, n } = geometry;
  const result: Operand = { slot: out, view: { shape: [batch, m, n], strides: [m * n, n, 1], offset: 0 } };
  const { loads = [], stores = [] } = epilogue ?? {};
  const matrices = [a, b, ...loads, ...stores].map((operand): Divided => [operand, operand.view.shape.length - 2]);
  return dividedAmong([...matrices, [result, 1]]);
}

/** The epilogue finds the product in a cache: it counts as written, once, and not as read. */
function workOf({ shape, a, b, out, epilogue, geometry }: Product): Work {
  const { batch, m, n, k } = geometry;
  const { loads = [], stores = [], ops = [], flops = 0 } = epilogue ?? {};
  const others = stores.filter(({ slot }) => slot !== out);
  const traffic = bytesMoved([a, b, ...loads.filter(({ slot }) => slot !== out)], others);
  return {
    kind: 'matmul',
    ops: ['matmul', ...ops],
    shape,
    flops: 2 * batch * m * n * k + flops,
    bytesRead: traffic.bytesRead,
    bytesWritten: traffic.bytesWritten + 4 * batch * m * n,
  };
}

/** Byte offsets in the scratch of a thread. */
function scratchOf({ geometry, blocking, level }: Product): { a: number; b: number; spill: number; bytes: number } {
  const { mr, nr, kc, panelsAtOnce } = blocking;
  const aligned = (floats: number) => 64 * Math.ceil(floats / 16);
  const a = blocking.a === 'in scratch' ? aligned(packedRowsBytes(geometry, blocking) / 4) : 0;
  const b = blocking.b === 'in scratch' ? aligned(panelsAtOnce * kc * nr) : 0;
  const spill = level.bits === 256 ? aligned(Math.max(mr * nr, 64)) : 0;
  return { a: 0, b: a, spill: a + b, bytes: a + b + spill };
}

/** What the loops share: expressions are locals or constants, so they may be used any number of times. */
interface Tile {
  readonly f: FunctionBuilder;
  readonly module: ModuleBuilder;
  readonly product: Product;
  readonly scratch: Expr<'i32'>;
  /** the length of the sums */
  readonly k: Expr<'i32'>;
  readonly panels: Span;
  readonly blocks: Blocks;
}

function emitProduct(module: ModuleBuilder, product: Product): KernelFunc {
  const { name, a, b, out, geometry, blocking } = product;
  const { batch, m, n, aRow, cRow } = geometry;
  const finish = product.epilogue?.emit(module);
  return module.func(
    name,
    ['i32', 'i32', 'i32'],
    'void',
    (f, table, scratch, tile) => {
      const bases = [address(f, table, a), address(f, table, b), f.let(i32.load(table, 4 * out))] as const;
      const at = unflatten(f, tile, [blocking.batchParts, blocking.rowParts, blocking.panelParts]);
      const [batchPart = tile, rowPart = tile, panelPart = tile] = at;
      const products = presentProducts(f, table, product, evenPart(f, batch, blocking.batchParts, batchPart));
      const panels = evenPart(f, blocking.panels, blocking.panelParts, panelPart);
      const blocks = blocksOf(f, geometry, blocking, rowPart, presentOf(f, table, product, batch === 1 ? m : 0));
      if (product.present) f.if(i32.ge_s(blocks.first, blocks.end), () => f.return());
      const { rows } = blocks;
      const k = product.depth === undefined ? i32.const(geometry.k) : f.let(numberAt(table, product.depth));
      const here: Tile = { f, module, product, scratch, k, panels, blocks };
      const index = f.let(products.start);
      f.loop((again) => {
        const indices = unflatten(f, index, geometry.batchShape);
        const bBatch = blocking.b === 'shared' ? packedPanelsBatch(geometry, blocking) : geometry.bBatch;
        const aHere = f.let(i32.add(moved(bases[0], indices, geometry.aBatch), times(rows.start, aRow)));
        const bHere = f.let(moved(bases[1], indices, bBatch));
        const cHere = f.let(i32.add(bases[2], times(i32.add(times(index, m), rows.start), cRow)));
        if (geometry.k === 0) clear(here, rows, cHere);
        else overK(here, aHere, bHere, cHere);
        const col0 = f.let(times(panels.start, blocking.nr));
        const col1 = f.let(smaller(times(panels.end, blocking.nr), i32.const(n)));
        finish?.(f, table, { outer: index, row0: rows.start, row1: rows.end, col0, col1 });
        f.increment(index, 1);
        f.brIf(again, i32.lt_s(index, products.end));
      });
    },
    { exported: false },
  );
}

/** How many of `extent` rows, or products, are there, if that depends on a run. */
function presentOf(
  f: FunctionBuilder,
  table: Expr<'i32'>,
  { present }: Product,
  extent: number,
): Expr<'i32'> | undefined {
  if (!present || extent === 0 || extent % present.of !== 0) return undefined;
  return f.let(times(numberAt(table, present.slot), extent / present.of));
}

/** The products of a part that are there, where rows lie along the batch; where none is, the function is left. */
function presentProducts(f: FunctionBuilder, table: Expr<'i32'>, product: Product, part: Span): Span {
  const { batch } = product.geometry;
  const end = presentOf(f, table, product, batch === 1 ? 0 : batch);
  if (!end) return part;
  f.if(i32.ge_s(part.start, end), () => f.return());
  return { start: part.start, end: f.let(smaller(part.end, end)) };
}

function numberAt(table: Expr<'i32'>, slot: Slot): Expr<'i32'> {
  return i32.load(i32.load(table, 4 * slot));
}

/** An empty sum is 0. */
function clear({ f, product, panels }: Tile, rows: Span, c: Expr<'i32'>): void {
  const { nr } = product.blocking;
  const { n, cRow } = product.geometry;
  const from = f.let(i32.add(c, times(panels.start, 4 * nr)));
  const columns = i32.sub(smaller(times(panels.end, nr), i32.const(n)), times(panels.start, nr));
  const row = f.let(rows.start);
  f.forSteps(row, rows.end, 1, () => {
    f.do(memory.fill(from, 0, times(columns, 4)));
    f.increment(from, cRow);
  });
}

/** A block of k at a time: p is its first k, depth its length. */
function overK(tile: Tile, a: Expr<'i32'>, b: Expr<'i32'>, c: Expr<'i32'>): void {
  const { f, module, product, scratch, k, blocks } = tile;
  const { geometry, blocking } = product;
  const { aStep } = geometry;
  const { kc } = blocking;
  const p = f.local('i32', 0);
  const block = (depth: Expr<'i32'>): void => {
    const from = f.let(i32.add(a, times(p, aStep)));
    if (blocking.a === 'in scratch') packRows(f, module, geometry, blocking, blocks, from, scratch, depth);
    overPanels(tile, blocking.a === 'in scratch' ? scratch : from, b, c, p, depth);
  };
  if (kc >= geometry.k) {
    block(k);
    return;
  }
  f.loop((again) => {
    block(f.let(smaller(i32.const(kc), i32.sub(k, p))));
    f.increment(p, kc);
    f.brIf(again, i32.lt_s(p, k));
  });
}

function overPanels(
  tile: Tile,
  a: Expr<'i32'>,
  b: Expr<'i32'>,
  c: Expr<'i32'>,
  p: Expr<'i32'>,
  depth: Expr<'i32'>,
): void {
  const { f, module, product, scratch, panels } = tile;
  const { geometry, blocking, level } = product;
  const { bColumn, bStep } = geometry;
  const widths = panelWidths(geometry, blocking);
  const over = (j: Expr<'i32'>, panelAt: (width: number) => { panel: Expr<'i32'>; step: number }): void =>
    byWidth(f, widths, blocking.panels, j, (width) => {
      overRows(tile, { a, ...panelAt(width), width, depth, p, c: i32.add(c, times(j, 4 * blocking.nr)) });
    });
  if (blocking.b !== 'in scratch') {
    countLoop(f, panels.start, panels.end, 1, (j) => {
      over(j, (width) =>
        blocking.b === 'shared'
          ? { panel: packedPanel(b, blocking, j, p), step: packedStep(width, level) }
          : { panel: moved(b, [j, p], [blocking.nr * bColumn, bStep]), step: bStep },
      );
    });
    return;
  }
  const to = f.let(plus(scratch, scratchOf(product).b));
  const from = f.let(i32.add(b, times(p, bStep)));
  countLoop(f, panels.start, panels.end, blocking.panelsAtOnce, (first) => {
    const end = f.let(smaller(plus(first, blocking.panelsAtOnce), panels.end));
    packPanels(f, module, geometry, blocking, level, { start: first, end }, from, to, depth);
    countLoop(f, first, end, 1, (j) => {
      const panel = i32.add(to, times(i32.sub(j, first), panelBytes(blocking)));
      over(j, (width) => ({ panel, step: packedStep(width, level) }));
    });
  });
}

interface Panel {
  readonly a: Expr<'i32'>;
  readonly panel: Expr<'i32'>;
  readonly step: number;
  readonly width: number;
  readonly depth: Expr<'i32'>;
  readonly p: Expr<'i32'>;
  readonly c: Expr<'i32'>;
}

/** Rows that a turned kernel takes as its columns, by how many columns of C it has for rows. */
function turnedRows(width: number, { bits }: Level): number {
  return (width <= 2 ? bits : bits / 2) / 8;
}

/**
 * Whether a panel is so narrow that vectors better run along the rows of A, turned in registers; every tile has enough of them,
 * whatever the run.
 */
function runsAcross({ geometry, blocking, level, present }: Product, width: number): boolean {
  const { m, k, aRow, aStep } = geometry;
  const [count, parts] = [Math.ceil(m / blocking.mr), blocking.rowParts];
  const fewest = parts === 1 ? m : Math.floor(count / parts) * Math.floor(m / count);
  const liesWell = blocking.a === 'in place' && aStep === 4 && aRow >= 0;
  return width <= 4 && !present && liesWell && k <= blocking.kc && fewest >= turnedRows(width, level);
}

/** (Bᵀ · Aᵀ)ᵀ for a panel of B: the last rows are moved back so as to be whole, and some computed again. */
function acrossRows({ f, module, product, scratch, blocks }: Tile, { a, panel, step, width, depth, c }: Panel): void {
  const { aRow, cRow } = product.geometry;
  const columns = turnedRows(width, product.level);
  const spec = { rows: width, columns, aRow: 4, aStep: step, bColumn: aRow, cRow: 4, cColumn: cRow };
  const kernel = directBKernel(module, { ...spec, level: product.level });
  const spill = f.let(plus(scratch, scratchOf(product).spill));
  const [from, to, b] = [f.let(a), f.let(c), f.let(panel)];
  const count = f.let(i32.sub(blocks.rows.end, blocks.rows.start));
  countLoop(f, i32.const(0), count, columns, (at) => {
    const row = f.let(smaller(at, i32.sub(count, columns)));
    f.do(f.call(kernel, b, i32.add(from, times(row, aRow)), i32.add(to, times(row, cRow)), depth, 0, spill));
  });
}

function overRows(tile: Tile, all: Panel): void {
  const { a, panel, step, width, depth, p, c } = all;
  if (runsAcross(tile.product, width)) {
    acrossRows(tile, all);
    return;
  }
  const { f, module, product, scratch, blocks } = tile;
  const { aRow, aStep, cRow } = product.geometry;
  const packsA = product.blocking.a !== 'in place';
  const spill = f.let(plus(scratch, scratchOf(product).spill));
  const aBlock = f.let(a);
  const cBlock = f.let(c);
  // Few columns leave too few sums in a block to hide the latency of a multiply-add.
  const isTurned = product.blocking.b === 'turned';
  const pairs = product.level.bits === 256 && product.blocking.panels > 1 && width <= 8 && !isTurned;
  const blockStep = (height: number) => (packsA ? blockBytes(product.blocking) : height * aRow);
  eachBlock(
    f,
    blocks,
    (height, count) => {
      const spec = {
        rows: height,
        columns: width,
        aRow: packsA ? 4 : aRow,
        aStep: packsA ? 4 * height : aStep,
        cRow,
        level: product.level,
      };
      const micro = isTurned
        ? directBKernel(module, { ...spec, bColumn: product.geometry.bColumn })
        : microKernel(module, { ...spec, blocks: count, blockStep: count > 1 ? blockStep(height) : 0, bStep: step });
      // The chains continue from C in every block of k but the first, where p = 0.
      f.do(f.call(micro, aBlock, panel, cBlock, depth, p, spill));
      f.increment(aBlock, count * blockStep(height));
      f.increment(cBlock, count * height * cRow);
    },
    { pairs },
  );
}
