// A product as a kernel: what it reads, writes and costs, and the code of one tile down to its blocks of k. The blocks of k run in
// order and continue the chains in C, so an output is final after the last block; then the epilogue sees it. The loops over
// panels and rows are in block-of-k.ts.

import { type Address, address, type Expr, type FunctionBuilder, i32, type ModuleBuilder, memory } from '@treadle/wasm';
import { smaller, times } from '../core/arithmetic.ts';
import { combinedWork } from '../core/combined-work.ts';
import { type Divided, dividedAmong } from '../core/equal-parts.ts';
import { type Kernel, type KernelFunc, kernelFunc, type Slot } from '../core/kernel.ts';
import { addressAt, unflatten } from '../core/loops/rows.ts';
import { baseAddress, denseOperand, operandAddress } from '../core/operand.ts';
import { evenPart, type Span } from '../core/partition-evenly.ts';
import { blocksOf, packRows } from './a-panels.ts';
import { packedPanelsBatch } from './b-panels.ts';
import { overPanels, type Product, scratchOf, type Tile } from './block-of-k.ts';
import { work } from './blocking.ts';

/** The kernel of a product whose B is packed already, where panels are shared. */
export function productKernel(product: Product): Kernel {
  const { name, shape, a, b, out, epilogue, depth, level, geometry, blocking } = product;
  const { batch, m, n, k } = geometry;
  const flopsPerNanosecond = level.bits === 256 ? 90 : 40;
  const { batchParts, rowParts, panelParts } = blocking;
  const isDivided = rowParts * panelParts === 1 && batch % batchParts === 0;
  const combined = combinedWork({
    kind: 'matmul',
    ops: ['matmul'],
    shape,
    flops: 2 * batch * m * n * k,
    inputs: [a, b],
    out: denseOperand(out, [batch, m, n]),
    epilogue,
  });
  return {
    name,
    tiles: batchParts * rowParts * panelParts,
    cost: work(geometry) / flopsPerNanosecond + (epilogue?.cost ?? 0),
    scratch: scratchOf(product).bytes,
    ...combined,
    reads: [...combined.reads, ...(depth === undefined ? [] : [depth])],
    ...(isDivided && { inParts: partsOf(product) }),
    emit: (module) => emitProduct(module, product),
  };
}

/** The buffers that the products of a batch divide among themselves. */
function partsOf({ a, b, out, epilogue, geometry }: Product): ReadonlyMap<Slot, number> {
  const { batch, m, n } = geometry;
  const { loads = [], stores = [] } = epilogue ?? {};
  const matrices = [a, b, ...loads, ...stores].map((operand): Divided => [operand, operand.view.shape.length - 2]);
  return dividedAmong([...matrices, [denseOperand(out, [batch, m, n]), 1]]);
}

function emitProduct(module: ModuleBuilder, product: Product): KernelFunc {
  const { name, a, b, out, geometry, blocking } = product;
  const { batch, m, n, aRow, cRow } = geometry;
  const finish = product.epilogue?.emit(module);
  return kernelFunc(module, name, (f, table, scratch, tile) => {
    const bases = [operandAddress(f, table, a), operandAddress(f, table, b), f.let(baseAddress(table, out))] as const;
    const at = unflatten(f, tile, [blocking.batchParts, blocking.rowParts, blocking.panelParts]);
    const [batchPart = tile, rowPart = tile, panelPart = tile] = at;
    const products = validProducts(f, table, product, evenPart(f, batch, blocking.batchParts, batchPart));
    const panels = evenPart(f, blocking.panels, blocking.panelParts, panelPart);
    const blocks = blocksOf(f, geometry, blocking, rowPart, validCount(f, table, product, batch === 1 ? m : 0));
    if (product.present) f.if(i32.ge_s(blocks.first, blocks.end), () => f.return());
    const { rows } = blocks;
    const k = product.depth === undefined ? i32.const(geometry.k) : f.let(scalar(table, product.depth));
    const here: Tile = { f, module, product, scratch, k, panels, blocks };
    const index = f.let(products.start);
    f.loop((again) => {
      const indices = unflatten(f, index, geometry.batchShape);
      const bBatch = blocking.b === 'shared' ? packedPanelsBatch(geometry, blocking) : geometry.bBatch;
      const aHere = f.let(address.add(addressAt(bases[0], indices, geometry.aBatch), address.times(rows.start, aRow)));
      const bHere = f.let(addressAt(bases[1], indices, bBatch));
      const row = i32.add(times(index, m), rows.start);
      const cHere = f.let(address.add(bases[2], address.times(row, cRow)));
      if (geometry.k === 0) clear(here, rows, cHere);
      else overK(here, aHere, bHere, cHere);
      const col0 = f.let(times(panels.start, blocking.nr));
      const col1 = f.let(smaller(times(panels.end, blocking.nr), i32.const(n)));
      finish?.(f, table, { outer: index, row0: rows.start, row1: rows.end, col0, col1 });
      f.increment(index, 1);
      f.brIf(again, i32.lt_s(index, products.end));
    });
  });
}

/** How many of `extent` rows, or products, are valid; undefined where all are. */
function validCount(f: FunctionBuilder, table: Address, { present }: Product, extent: number): Expr<'i32'> | undefined {
  if (!present || extent === 0 || extent % present.of !== 0) return undefined;
  return f.let(times(scalar(table, present.slot), extent / present.of));
}

/** The valid products of a part, where the valid rows are whole products; the function returns where none is valid. */
function validProducts(f: FunctionBuilder, table: Address, product: Product, part: Span): Span {
  const { batch } = product.geometry;
  const end = validCount(f, table, product, batch === 1 ? 0 : batch);
  if (!end) return part;
  f.if(i32.ge_s(part.start, end), () => f.return());
  return { start: part.start, end: f.let(smaller(part.end, end)) };
}

/** The int32 that a buffer holds. */
function scalar(table: Address, slot: Slot): Expr<'i32'> {
  return i32.load(baseAddress(table, slot));
}

/** Makes the tile of C zero: the sum of no products. */
function clear({ f, product, panels }: Tile, rows: Span, c: Address): void {
  const { nr } = product.blocking;
  const { n, cRow } = product.geometry;
  const from = f.let(address.add(c, address.times(panels.start, 4 * nr)));
  const columns = i32.sub(smaller(times(panels.end, nr), i32.const(n)), times(panels.start, nr));
  const row = f.let(rows.start);
  f.forSteps(row, rows.end, 1, () => {
    f.do(memory.fill(from, 0, address.times(columns, 4)));
    f.increment(from, cRow);
  });
}

/** The blocks of k, one after the other. */
function overK(tile: Tile, a: Address, b: Address, c: Address): void {
  const { f, module, product, scratch, k, blocks } = tile;
  const { geometry, blocking } = product;
  const p = f.local('i32', 0); // the first k of the block
  const block = (depth: Expr<'i32'>): void => {
    const from = f.let(address.add(a, address.times(p, geometry.aStride)));
    if (blocking.a === 'in scratch') packRows(f, module, geometry, blocking, blocks, from, scratch, depth);
    overPanels(tile, blocking.a === 'in scratch' ? scratch : from, b, c, p, depth);
  };
  if (blocking.kc >= geometry.k) {
    block(k);
    return;
  }
  f.loop((again) => {
    block(f.let(smaller(i32.const(blocking.kc), i32.sub(k, p))));
    f.increment(p, blocking.kc);
    f.brIf(again, i32.lt_s(p, k));
  });
}
