// Elementwise programs with transposed loads: some load has stride 1 along a dimension other than the columns. The work goes in
// blocks. The block of such a load is first transposed into scratch, 4 × 4 elements at a time in registers, and then read from
// there like any other row. A program that only moves elements transposes from its load to its store directly. Values and bits
// are those of the plain loops. Loads of narrow elements are not transposed here: the plain loops read them one by one.

import { type Address, address, type Expr, type FunctionBuilder, i32, v128 } from '@treadle/wasm';
import { plus, smaller, times } from '../core/arithmetic.ts';
import { sizeOf } from '../core/collapse-dims.ts';
import { bytesOf } from '../core/format.ts';
import { countLoop } from '../core/loops/count.ts';
import { addressAt, unflatten } from '../core/loops/rows.ts';
import type { Partition, Range } from '../core/tile-partition.ts';
import { emitNest, isMove, type Nest } from './fused-loop.ts';
import { transpose4x4 } from './transpose-4x4.ts';

/** Rows and columns of a block: a transposed block takes 16 KiB of scratch. */
const blockRows = 32;
const blockColumns = 128;
const pitch = 4 * blockColumns;

/** Rows of a band for a program that only moves: a cache line of the load. */
const moveRows = 16;
/** Matrices of up to this many bytes, read and written together, are expected to stay in a core's own cache. */
const nearBytes = 2 ** 21;
/** Cache lines whose addresses differ by a multiple of this share a set of the L1 cache. */
const setBytes = 4096;

export interface BlockedNest {
  /** its rows end in the dimension along which the transposed loads have stride 1 */
  readonly nest: Nest;
  /** which loads are transposed */
  readonly loads: readonly number[];
  /** for a program that only moves, and can do so by 4 × 8 pieces: the dimension that the inner loop walks */
  readonly pieces: 'rows' | 'columns' | undefined;
}

/** How to walk a nest in blocks; undefined where that is not worth it. */
export function blockedNest(nest: Nest): BlockedNest | undefined {
  const { formats, rows, columns, strides } = nest;
  const words = formats.map((_, v) => v).filter((v) => bytesOf(formats[v]) === 4);
  const against = words.filter((v) => strides[v]!.at(-1) !== 0 && strides[v]!.at(-1) !== 1);
  const d = rows.findIndex((size, d) => size >= 4 && against.some((v) => strides[v]![d] === 1));
  if (d < 0 || columns < 4) return undefined;
  const move = (sizes: readonly number[]): number[] => [...sizes.slice(0, rows.length).toSpliced(d, 1), sizes[d]!];
  const moved = { ...nest, rows: move(rows), strides: strides.map((along) => [...move(along), along.at(-1)!]) };
  return { nest: moved, loads: against.filter((v) => strides[v]![d] === 1), pieces: piecesOf(moved) };
}

/**
 * For matrices in a core's own cache it is fastest to use up the cache lines of the load, unless the rows of the store all share
 * a set of the L1 cache. For larger matrices it is fastest to write whole lines of the store.
 */
function piecesOf(nest: Nest): BlockedNest['pieces'] {
  const { body, formats, narrowed, rows, columns, strides } = nest;
  const [from, to, ...others] = strides;
  if (formats.length !== 1 || others.length !== 1 || narrowed[0] || columns < 8) return undefined;
  const [stride, width] = [4 * from!.at(-1)!, 4 * to!.at(-2)!];
  if (!isMove(body) || to!.at(-1) !== 1 || stride < 0 || width < 0) return undefined;
  return 8 * rows.at(-1)! * columns <= nearBytes && width % setBytes !== 0 ? 'rows' : 'columns';
}

/** The elements of a tile for a program that only moves: long runs, so that few pages are looked up twice, but many tiles. */
function moveElements(rows: readonly number[], columns: number): number {
  return Math.min(2 ** 16, Math.max(2 ** 14, (sizeOf(rows) * columns) / 64));
}

/**
 * Tiles of a blocked nest: few columns, so that rows are read in long runs. The partition has bands of rows as its columns and
 * the columns as its rows: so neighbouring tiles, which two threads may run, write cache lines that are far apart.
 */
export function bandsOf({ nest: { rows, columns }, pieces }: BlockedNest, elements: number): Partition {
  const [height, wanted] = pieces ? [moveRows, moveElements(rows, columns)] : [blockRows, elements];
  const bands = sizeOf(rows.slice(0, -1)) * Math.ceil(rows.at(-1)! / height);
  const parts = Math.ceil(columns / blockColumns);
  const tileColumns = parts === 1 ? columns : 16 * Math.ceil(columns / parts / 16);
  const tileRows = Math.min(Math.max(1, bands), Math.max(1, Math.floor(wanted / (height * tileColumns))));
  const tiles = Math.ceil(bands / tileRows) * Math.ceil(columns / tileColumns);
  return { tiles, rows: columns, columns: bands, tileRows: tileColumns, tileColumns: tileRows };
}

export function scratchOf({ loads, pieces }: BlockedNest): number {
  return pieces ? 0 : loads.length * blockRows * pitch;
}

interface Band {
  /** the indices of its first row */
  readonly indices: readonly Expr<'i32'>[];
  /** how many rows lie before its matrix */
  readonly first: Expr<'i32'>;
  readonly top: Expr<'i32'>;
  readonly bottom: Expr<'i32'>;
}

function eachBand(
  f: FunctionBuilder,
  rows: readonly number[],
  height: number,
  { col0, col1 }: Range,
  body: (band: Band) => void,
): void {
  const size = rows.at(-1)!;
  countLoop(f, col0, col1, 1, (band) => {
    const [outer, index] = unflatten(f, band, [0, Math.ceil(size / height)]);
    const top = f.let(times(index!, height));
    const bottom = f.let(smaller(plus(top, height), i32.const(size)));
    const first = f.let(times(outer!, size));
    body({ indices: [...unflatten(f, outer!, rows.slice(0, -1)), top], first, top, bottom });
  });
}

/**
 * The loops over a range (see `bandsOf`) of a program that only moves. Pieces of 4 rows × 8 columns go from the load to the
 * store. The last pieces begin earlier so that they are whole, and write some elements twice.
 */
export function emitMove(
  f: FunctionBuilder,
  { nest, pieces }: BlockedNest,
  bases: readonly Address[],
  range: Range,
): void {
  const { rows, columns, strides } = nest;
  const [from, to] = [strides[0]!, strides[1]!];
  const [stride, width, height] = [4 * from.at(-1)!, 4 * to.at(-2)!, rows.at(-1)!];
  eachBand(f, rows, moveRows, range, ({ indices, top, bottom }) => {
    const outer = indices.with(-1, i32.const(0));
    const source = f.let(linear(bases[0]!, outer, from));
    const target = f.let(linear(bases[1]!, outer, to));
    const rowsOf = (body: (r: Expr<'i32'>) => void): void =>
      countLoop(f, top, bottom, 4, (r) => body(height % 4 === 0 ? r : f.let(smaller(r, i32.const(height - 4)))));
    const columnsOf = (body: (c: Expr<'i32'>) => void): void =>
      countLoop(f, range.row0, range.row1, 8, (c) =>
        body(columns % 8 === 0 ? c : f.let(smaller(c, i32.const(columns - 8)))),
      );
    const along = (r: Expr<'i32'>): Address[] => [
      f.let(address.add(source, address.times(r, 4))),
      f.let(address.add(target, address.times(r, width))),
    ];
    const across = (c: Expr<'i32'>): Address[] => [
      f.let(address.add(source, address.times(c, stride))),
      f.let(address.add(target, address.times(c, 4))),
    ];
    if (pieces === 'rows') {
      columnsOf((c) => {
        const [read, write] = across(c);
        rowsOf((r) => {
          const to = address.add(write!, address.times(r, width));
          movePiece(f, address.add(read!, address.times(r, 4)), stride, to, width);
        });
      });
    } else {
      rowsOf((r) => {
        const [read, write] = along(r);
        columnsOf((c) => {
          const to = address.add(write!, address.times(c, 4));
          movePiece(f, address.add(read!, address.times(c, stride)), stride, to, width);
        });
      });
    }
  });
}

/** Eight runs of four elements, `stride` bytes apart, become four of eight elements, `width` bytes apart. */
function movePiece(f: FunctionBuilder, from: Address, stride: number, to: Address, width: number): void {
  const [read, write] = [f.let(from), f.let(to)];
  const pair = [0, 4].map((q) =>
    transpose4x4(
      f,
      [0, 1, 2, 3].map((row) => f.let(v128.load('i32x4', read, (q + row) * stride))),
    ),
  );
  for (const row of [0, 1, 2, 3]) {
    f.do(v128.store(write, pair[0]![row]!, row * width), v128.store(write, pair[1]![row]!, row * width + 16));
  }
}

/** The loops over a range (see `bandsOf`); `bases` as in `emitNest`. */
export function emitBlocked(
  f: FunctionBuilder,
  { nest, loads }: BlockedNest,
  bases: readonly Address[],
  range: Range,
  scratch: Address,
): void {
  const { rows, strides } = nest;
  const read = strides.map((along, v) =>
    loads.includes(v) ? [...rows.slice(0, -1).map(() => 0), blockColumns, 1] : along,
  );
  eachBand(f, rows, blockRows, range, ({ indices, first, top, bottom }) => {
    const starts = loads.map((v) => f.let(linear(bases[v]!, indices, strides[v]!)));
    countLoop(f, range.row0, range.row1, blockColumns, (left) => {
      const right = f.let(smaller(plus(left, blockColumns), range.row1));
      const blocks = loads.map((v, i) => {
        const to = f.let(plus(scratch, i * blockRows * pitch));
        const stride = 4 * strides[v]!.at(-1)!;
        const source = f.let(address.add(starts[i]!, address.times(left, stride)));
        transposeBlock(f, {
          source,
          stride,
          rows: f.let(i32.sub(bottom, top)),
          columns: f.let(i32.sub(right, left)),
          to,
        });
        // the address that row 0, column 0 would have
        return f.let(address.sub(to, address.add(address.times(top, pitch), address.times(left, 4))));
      });
      const from = bases.map((base, v) => blocks[loads.indexOf(v)] ?? base);
      const within = { row0: i32.add(first, top), row1: i32.add(first, bottom), col0: left, col1: right };
      emitNest(f, { ...nest, strides: read }, from, within, true);
    });
  });
}

interface Block {
  /** the address of its first row and column; neighbouring rows are 4 bytes apart, neighbouring columns `stride` bytes */
  readonly source: Address;
  readonly stride: number;
  readonly rows: Expr<'i32'>;
  readonly columns: Expr<'i32'>;
  /** row r is written r·pitch bytes further on */
  readonly to: Address;
}

function transposeBlock(f: FunctionBuilder, { source, stride, rows, columns, to }: Block): void {
  const last = f.let(plus(columns, -1));
  countLoop(f, i32.const(0), columns, 4, (c) => {
    const from = [0, 1, 2, 3].map((q) => f.let(address.add(source, address.times(smaller(plus(c, q), last), stride))));
    const into = f.let(address.add(to, address.times(c, 4)));
    countLoop(f, i32.const(0), rows, 4, (r) => {
      const along = from.map((row) => f.let(v128.load('i32x4', address.add(row, address.times(r, 4)))));
      const at = f.let(address.add(into, address.times(r, pitch)));
      transpose4x4(f, along).forEach((row, i) => {
        f.do(v128.store(at, row, i * pitch));
      });
    });
  });
}

function linear(base: Address, indices: readonly Expr<'i32'>[], strides: readonly number[]): Address {
  return addressAt(
    base,
    indices,
    strides.map((stride) => 4 * stride),
  );
}
