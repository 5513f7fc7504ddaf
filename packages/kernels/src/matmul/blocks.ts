// Where the rows of A are: as they lie, copied to the scratch of the tile that reads them, or copied once for all tiles by a
// step of its own. A tile has its rows in blocks of about the same height, at most mr; in a packed block k runs down rows that
// lie together. Knows which rows a tile has by `Blocking`; knows nothing of columns.

import { type Expr, type FunctionBuilder, i32, type ModuleBuilder } from '@treadle/wasm';
import type { Kernel, KernelFunc, Operand, Slot } from '../kernel.ts';
import { address, plus, smaller, times } from '../lane.ts';
import { unflatten } from '../rows.ts';
import { eachStep } from '../steps.ts';
import { trafficOf } from '../traffic.ts';
import { distinct, moved, packedStrides } from './batch.ts';
import { type Blocking, mostTiles, rowsAtOnce, tileElements } from './blocking.ts';
import { evenPart, partSizes, type Span } from './even.ts';
import type { Geometry } from './geometry.ts';
import { packPanel } from './pack.ts';

/** The blocks [first, end) of all the rows, and the rows they have. Blocks before `taller` are one row higher. */
export interface Blocks {
  readonly rows: Span;
  readonly first: Expr<'i32'>;
  readonly end: Expr<'i32'>;
  readonly taller: number;
  /** every height that occurs, the highest first */
  readonly heights: readonly number[];
}

function blockCount({ m }: Geometry, { mr }: Blocking): number {
  return Math.ceil(m / mr);
}

/** Parts are cut between blocks, so that all blocks but a few of all the rows have the height that runs fastest. */
export function blocksOf(f: FunctionBuilder, geometry: Geometry, blocking: Blocking, part: Expr<'i32'>): Blocks {
  const { m } = geometry;
  const count = blockCount(geometry, blocking);
  const { start, end } = evenPart(f, count, blocking.rowParts, part);
  const [height, taller] = [Math.floor(m / count), m % count];
  const rowOf = (block: Expr<'i32'>) =>
    f.let(i32.add(times(block, height), taller === 0 ? 0 : smaller(block, i32.const(taller))));
  return {
    rows: { start: rowOf(start), end: rowOf(end) },
    first: start,
    end,
    taller,
    heights: partSizes(m, count),
  };
}

/** The blocks in order, two of the same height at once where `pairs`; the code of each height is emitted once. */
export function eachBlock(
  f: FunctionBuilder,
  { first, end, taller, heights: [high = 1, low] }: Blocks,
  emit: (height: number, count: number) => void,
  { pairs = false }: { readonly pairs?: boolean } = {},
): void {
  const i = f.let(first);
  const some = (height: number, count: number): void => {
    emit(height, count);
    f.increment(i, count);
  };
  const next = (height: number, limit: Expr<'i32'>): void => {
    if (!pairs) some(height, 1);
    else
      f.if(
        i32.le_s(plus(i, 2), limit),
        () => some(height, 2),
        () => some(height, 1),
      );
  };
  f.loop((again) => {
    if (low === undefined) next(high, end);
    else
      f.if(
        i32.lt_s(i, taller),
        () => next(high, smaller(end, i32.const(taller))),
        () => next(low, end),
      );
    f.brIf(again, i32.lt_s(i, end));
  });
}

/** Bytes from a packed block of kc to the next. */
export function blockBytes({ mr, kc }: Blocking): number {
  return 4 * mr * kc;
}

/** Bytes of the packed rows of a tile, at one block of k. */
export function packedRowsBytes(geometry: Geometry, blocking: Blocking): number {
  return Math.ceil(blockCount(geometry, blocking) / blocking.rowParts) * blockBytes(blocking);
}

/** Bytes of the packed rows of a tile, at all blocks of k. */
function packedPartBytes(geometry: Geometry, blocking: Blocking): number {
  return Math.ceil(geometry.k / blocking.kc) * packedRowsBytes(geometry, blocking);
}

/** Copies `depth` columns of the rows from `from` on to `to`, a block of rows after the other. */
export function packRows(
  f: FunctionBuilder,
  module: ModuleBuilder,
  geometry: Geometry,
  blocking: Blocking,
  blocks: Blocks,
  from: Expr<'i32'>,
  to: Expr<'i32'>,
  depth: Expr<'i32'>,
): void {
  eachStep(f, i32.const(0), depth, columnsAtOnce(geometry, blocking), (start) => {
    const steps = f.let(smaller(i32.const(columnsAtOnce(geometry, blocking)), i32.sub(depth, start)));
    packColumns(f, module, geometry, blocking, blocks, from, to, start, steps);
  });
}

/** Rows that run across memory are copied a few k at a time through all blocks, so that they are read in long stretches. */
function columnsAtOnce({ k, aRow }: Geometry, { kc }: Blocking): number {
  return aRow === 4 ? Math.min(k, rowsAtOnce) : kc;
}

/** As `packRows`, for the columns [start, start + steps) of a block of k. */
function packColumns(
  f: FunctionBuilder,
  module: ModuleBuilder,
  { aRow, aStep }: Geometry,
  blocking: Blocking,
  blocks: Blocks,
  from: Expr<'i32'>,
  to: Expr<'i32'>,
  start: Expr<'i32'>,
  steps: Expr<'i32'>,
): void {
  const a = f.let(i32.add(from, times(start, aStep)));
  const packed = f.let(to);
  eachBlock(f, blocks, (height) => {
    const pack = packPanel(module, { lanes: height, across: aRow, step: aStep, toStep: 4 * height });
    f.do(f.call(pack, a, i32.add(packed, times(start, 4 * height)), steps));
    f.increment(a, height * aRow);
    f.increment(packed, blockBytes(blocking));
  });
}

/** Where the packed rows of a part lie from k = p on, p a multiple of kc. */
export function packedRows(
  geometry: Geometry,
  blocking: Blocking,
  packed: Expr<'i32'>,
  part: Expr<'i32'>,
  p: Expr<'i32'>,
): Expr<'i32'> {
  const perStep = packedRowsBytes(geometry, blocking) / blocking.kc;
  return moved(packed, [part, p], [packedPartBytes(geometry, blocking), perStep]);
}

/** Bytes from a product's packed rows to the next one's along each dimension of the batch. */
export function packedRowsBatch(geometry: Geometry, blocking: Blocking): number[] {
  return packedStrides(geometry.batchShape, geometry.aBatch, blocking.rowParts * packedPartBytes(geometry, blocking));
}

/** Elements of the packed rows of all distinct matrices. */
export function packedRowsLength(geometry: Geometry, blocking: Blocking): number {
  const matrices = distinct(geometry.batchShape, geometry.aBatch).count;
  return (matrices * blocking.rowParts * packedPartBytes(geometry, blocking)) / 4;
}

/** The step that copies all rows of A to `to`. A tile is a part of k by some parts of the rows, in the order of A in memory. */
export function packA(a: Operand, to: Slot, geometry: Geometry, blocking: Blocking): Kernel {
  const { m, k, aRow, aStep } = geometry;
  const { rowParts, kc } = blocking;
  const matrices = distinct(geometry.batchShape, geometry.aBatch);
  const length = packedRowsLength(geometry, blocking);
  const wanted = Math.ceil(Math.min(mostTiles, length / tileElements) / matrices.count);
  const columns = columnsAtOnce(geometry, blocking);
  const runs = Math.ceil(k / columns);
  const runParts = Math.min(runs, wanted);
  const groups = Math.min(rowParts, Math.ceil(wanted / runParts));
  const tiles = [matrices.count, runParts, groups] as const;
  const name = `matmul pack ${m}×${k}`;
  return {
    name,
    tiles: tiles[0] * tiles[1] * tiles[2],
    cost: 0.3 * length,
    scratch: 0,
    reads: [a.slot],
    writes: [to],
    work: {
      kind: 'pack',
      ops: [],
      shape: [m, k],
      flops: 0,
      ...trafficOf([a], []),
      bytesWritten: 4 * packedRowsLength(geometry, blocking),
    },
    emit: (module: ModuleBuilder): KernelFunc =>
      module.func(
        name,
        ['i32', 'i32', 'i32'],
        'void',
        (f, table, _scratch, tile) => {
          const [base, packed] = [address(f, table, a), f.let(i32.load(table, 4 * to))];
          const [matrix = tile, runPart = tile, group = tile] = unflatten(f, tile, tiles);
          const run = evenPart(f, runs, runParts, runPart);
          const parts = evenPart(f, rowParts, groups, group);
          const at = f.let(moved(base, unflatten(f, matrix, matrices.shape), matrices.strides));
          eachStep(f, run.start, run.end, 1, (index) => {
            const first = f.let(times(index, columns));
            const start = f.let(i32.rem_u(first, kc));
            const p = f.let(i32.sub(first, start));
            const steps = f.let(smaller(i32.const(columns), i32.sub(k, first)));
            eachStep(f, parts.start, parts.end, 1, (rowPart) => {
              const blocks = blocksOf(f, geometry, blocking, rowPart);
              const from = f.let(moved(at, [blocks.rows.start, p], [aRow, aStep]));
              const part = i32.add(times(matrix, rowParts), rowPart);
              const there = f.let(packedRows(geometry, blocking, packed, part, p));
              packColumns(f, module, geometry, blocking, blocks, from, there, start, steps);
            });
          });
        },
        { exported: false },
      ),
  };
}
