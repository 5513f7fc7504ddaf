// The rows of A that a tile reads: in place, or packed into the scratch of the tile. A tile has its rows in blocks of about the
// same height, at most mr; in a packed block, the elements of one k are neighbours. Knows which rows a tile has from
// `Blocking`; knows nothing of columns.

import { type Address, address, type Expr, type FunctionBuilder, i32, type ModuleBuilder } from '@treadle/wasm';
import { plus, smaller, times } from '../core/arithmetic.ts';
import { countLoop } from '../core/loops/count.ts';
import { evenPart, partSizes, type Span } from '../core/partition-evenly.ts';
import { type Blocking, rowsAtOnce } from './blocking.ts';
import type { Geometry } from './geometry.ts';
import { packPanel } from './pack.ts';

/** The blocks [first, end) of all blocks of A, and their rows. Blocks before `taller` have one row more than the others. */
export interface Blocks {
  readonly rows: Span;
  readonly first: Expr<'i32'>;
  readonly end: Expr<'i32'>;
  readonly taller: number;
  /** every height that occurs, the largest first */
  readonly heights: readonly number[];
}

function blockCount({ m }: Geometry, { mr }: Blocking): number {
  return Math.ceil(m / mr);
}

/**
 * The blocks of part `part` of the rows. Parts are cut between blocks, so that nearly all blocks have the height that runs
 * fastest. Blocks from row `present` on are left out; then a part may have no block.
 */
export function blocksOf(
  f: FunctionBuilder,
  geometry: Geometry,
  blocking: Blocking,
  part: Expr<'i32'>,
  present?: Expr<'i32'>,
): Blocks {
  const { m } = geometry;
  const count = blockCount(geometry, blocking);
  const { start, end: last } = evenPart(f, count, blocking.rowParts, part);
  const [height, taller] = [Math.floor(m / count), m % count];
  const end = present ? f.let(smaller(last, blocksTo(f, present, height, taller))) : last;
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

/** The number of blocks that begin before a row, where the first `taller` blocks have one row more than `height`. */
function blocksTo(f: FunctionBuilder, row: Expr<'i32'>, height: number, taller: number): Expr<'i32'> {
  const upTo = (rows: Expr<'i32'>, each: number): Expr<'i32'> => i32.div_s(plus(rows, each - 1), i32.const(each));
  if (taller === 0) return f.let(upTo(row, height));
  const high = taller * (height + 1);
  const inHigh = f.let(upTo(f.let(smaller(row, i32.const(high))), height + 1));
  const beyond = f.let(i32.sub(row, smaller(row, i32.const(high))));
  return f.let(i32.add(inHigh, upTo(beyond, height)));
}

/** A loop over the blocks; with `pairs`, over two of the same height at once. The code of each height is emitted once. */
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

/** Bytes from a packed block to the next, at one block of k. */
export function blockBytes({ mr, kc }: Blocking): number {
  return 4 * mr * kc;
}

/** Bytes of the packed rows of a tile, at one block of k. */
export function packedRowsBytes(geometry: Geometry, blocking: Blocking): number {
  return Math.ceil(blockCount(geometry, blocking) / blocking.rowParts) * blockBytes(blocking);
}

/** Packs `depth` columns of the rows from address `from` on to `to`, one block of rows after the other. */
export function packRows(
  f: FunctionBuilder,
  module: ModuleBuilder,
  { aRow, aStride }: Geometry,
  blocking: Blocking,
  blocks: Blocks,
  from: Address,
  to: Address,
  depth: Expr<'i32'>,
): void {
  const pass = (start: Expr<'i32'>, steps: Expr<'i32'>): void => {
    const a = f.let(address.add(from, address.times(start, aStride)));
    const packed = f.let(to);
    eachBlock(f, blocks, (height) => {
      const pack = packPanel(module, { lanes: height, across: aRow, stride: aStride, toStride: 4 * height });
      f.do(f.call(pack, a, address.add(packed, address.times(start, 4 * height)), steps));
      f.increment(a, height * aRow);
      f.increment(packed, blockBytes(blocking));
    });
  };
  if (aRow !== 4) {
    pass(i32.const(0), depth);
    return;
  }
  // Rows that run across memory are copied a few k at a time through all blocks, so that few pages are open at once.
  countLoop(f, i32.const(0), depth, rowsAtOnce, (start) => {
    pass(start, f.let(smaller(i32.const(rowsAtOnce), i32.sub(depth, start))));
  });
}
