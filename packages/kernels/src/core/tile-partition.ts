// Rows × columns cut into tiles of about the same number of elements: a tile is several whole rows, or a part of one row. How they
// are cut depends on the sizes and on the cost of an element alone.

import { type Address, type Expr, type FunctionBuilder, i32 } from '@treadle/wasm';
import { plus, smaller, times } from './arithmetic.ts';
import { baseAddress, type Present } from './operand.ts';

/** How `rows` × `columns` are cut. */
export interface Partition {
  readonly tiles: number;
  readonly rows: number;
  readonly columns: number;
  readonly tileRows: number;
  readonly tileColumns: number;
}

/** Rows [row0, row1) × columns [col0, col1). */
export interface Range {
  readonly row0: Expr<'i32'>;
  readonly row1: Expr<'i32'>;
  readonly col0: Expr<'i32'>;
  readonly col1: Expr<'i32'>;
}

/** The elements of a tile, where one takes `cost` nanoseconds: about 10 µs, but no more than fit in a near cache. */
export function tileElements(cost: number): number {
  return Math.min(16_384, Math.max(512, Math.floor(10_000 / cost)));
}

/** Tiles of about `elements` elements. A tile without all columns has a multiple of 16 of them. */
export function partition(rows: number, columns: number, elements: number): Partition {
  if (rows === 0 || columns === 0) return { tiles: 0, rows, columns, tileRows: 1, tileColumns: 1 };
  const parts = Math.ceil(columns / Math.max(16, elements));
  const tileColumns = parts === 1 ? columns : 16 * Math.ceil(columns / parts / 16);
  const bands = Math.ceil(rows / Math.max(1, Math.floor(elements / tileColumns)));
  const tileRows = Math.ceil(rows / bands);
  const tiles = Math.ceil(rows / tileRows) * Math.ceil(columns / tileColumns);
  return { tiles, rows, columns, tileRows, tileColumns };
}

/** Up to so many tiles are a power of two. */
const fewTiles = 16;

/** The same; few tiles are a power of two of about equal size, so that 2 or 4 threads have equal shares. */
export function partitionInShares(rows: number, columns: number, elements: number): Partition {
  const all = partition(rows, columns, elements);
  if (all.tiles < 3 || all.tiles >= fewTiles || (rows > 1 && all.tileColumns < columns)) return all;
  const shares = 2 ** Math.ceil(Math.log2(all.tiles));
  return partition(rows, columns, rows === 1 ? Math.ceil(columns / shares) : columns * Math.ceil(rows / shares));
}

/**
 * The range without rows that are not valid; the function returns where none is. The rows, or the columns of a single row, must
 * follow the leading axis in order.
 */
export function onlyPresent(
  f: FunctionBuilder,
  { rows, columns }: Partition,
  table: Address,
  range: Range,
  { slot, of }: Present,
): Range {
  const [extent, begin] = rows > 1 ? [rows, range.row0] : [columns, range.col0];
  if (extent % of !== 0) return range;
  const end = f.let(times(i32.load(baseAddress(table, slot)), extent / of));
  f.if(i32.ge_s(begin, end), () => f.return());
  return rows > 1 ? { ...range, row1: f.let(smaller(range.row1, end)) } : range;
}

/** The range of a tile. */
export function locate(
  f: FunctionBuilder,
  { rows, columns, tileRows, tileColumns }: Partition,
  tile: Expr<'i32'>,
): Range {
  const parts = Math.ceil(columns / tileColumns);
  const span = (index: Expr<'i32'>, size: number, total: number): [Expr<'i32'>, Expr<'i32'>] => {
    if (size >= total) return [i32.const(0), i32.const(total)];
    const start = f.let(times(index, size));
    return [start, total % size === 0 ? plus(start, size) : f.let(smaller(plus(start, size), i32.const(total)))];
  };
  const band = parts === 1 ? tile : f.let(i32.div_u(tile, parts));
  const part = parts === 1 ? i32.const(0) : i32.sub(tile, times(band, parts));
  const [row0, row1] = span(band, tileRows, rows);
  const [col0, col1] = span(part, tileColumns, columns);
  return { row0, row1, col0, col1 };
}
