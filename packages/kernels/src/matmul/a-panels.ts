// Where the rows of A are: as they lie, or copied to the scratch of the tile that reads them. A tile has its rows in blocks of
// about the same height, at most mr; in a packed block k runs down rows that lie together. Knows which rows a tile has by
// `Blocking`; knows nothing of columns.

import { type Expr, type FunctionBuilder, i32, type ModuleBuilder } from '@treadle/wasm';
import { countLoop } from '../core/loops/count.ts';
import { plus, smaller, times } from '../elementwise/vector-io.ts';
import { type Blocking, rowsAtOnce } from './blocking.ts';
import type { Geometry } from './geometry.ts';
import { packPanel } from './pack.ts';
import { evenPart, partSizes, type Span } from './partition-evenly.ts';

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

/**
 * Parts are cut between blocks, so that all blocks but a few of all the rows have the height that runs fastest. Blocks that
 * begin at row `present` or behind it are left out; a part may have none then.
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

/** How many blocks begin before a row, where the first `taller` have one row more than `height`. */
function blocksTo(f: FunctionBuilder, row: Expr<'i32'>, height: number, taller: number): Expr<'i32'> {
  const upTo = (rows: Expr<'i32'>, each: number): Expr<'i32'> => i32.div_s(plus(rows, each - 1), i32.const(each));
  if (taller === 0) return f.let(upTo(row, height));
  const high = taller * (height + 1);
  const inHigh = f.let(upTo(f.let(smaller(row, i32.const(high))), height + 1));
  const beyond = f.let(i32.sub(row, smaller(row, i32.const(high))));
  return f.let(i32.add(inHigh, upTo(beyond, height)));
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

/** Copies `depth` columns of the rows from `from` on to `to`, a block of rows after the other. */
export function packRows(
  f: FunctionBuilder,
  module: ModuleBuilder,
  { aRow, aStep }: Geometry,
  blocking: Blocking,
  blocks: Blocks,
  from: Expr<'i32'>,
  to: Expr<'i32'>,
  depth: Expr<'i32'>,
): void {
  const pass = (start: Expr<'i32'>, steps: Expr<'i32'>): void => {
    const a = f.let(i32.add(from, times(start, aStep)));
    const packed = f.let(to);
    eachBlock(f, blocks, (height) => {
      const pack = packPanel(module, { lanes: height, across: aRow, step: aStep, toStep: 4 * height });
      f.do(f.call(pack, a, i32.add(packed, times(start, 4 * height)), steps));
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
