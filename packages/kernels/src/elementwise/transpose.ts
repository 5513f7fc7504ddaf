// Lane programs that read a matrix against its grain: some load has stride 1 along another dimension than the columns. The
// work goes in blocks: such a load's block is first turned into scratch, 4 × 4 elements at a time in registers, and then
// read from there like any other row; a program that only moves is turned from its load to its store at once. What is
// computed, and with which bits, is the same as without.

import { type Address, address, type Expr, type FunctionBuilder, i32, v128 } from '@treadle/wasm';
import { plus, smaller, times } from '../core/arithmetic.ts';
import { sizeOf } from '../core/collapse-dims.ts';
import { bytesOf } from '../core/format.ts';
import { countLoop } from '../core/loops/count.ts';
import { addressAt, unflatten } from '../core/loops/rows.ts';
import type { Partition, Range } from '../core/tile-partition.ts';
import { emitNest, type Nest, onlyMoves } from './fused-loop.ts';
import { transpose4x4 } from './transpose-4x4.ts';

/** Rows and columns of a block: a turned block takes 16 KiB of scratch. */
const blockRows = 32;
const blockColumns = 128;
const pitch = 4 * blockColumns;

/** Rows of a band where nothing is computed: a cache line of the load. */
const movedRows = 16;
/** Bytes of a matrix, read and written together, that are taken to stay in a core's own cache. */
const nearBytes = 2 ** 21;
/** Lines that lie a multiple of this apart share a set of the first cache. */
const setBytes = 4096;

export interface Turned {
  /** the last dimension of its rows is the one along which the turned loads have stride 1 */
  readonly nest: Nest;
  /** which loads are turned */
  readonly loads: readonly number[];
  /** for a program that only moves, and can do so by pieces: along which side of a piece the inner loop runs */
  readonly pieces: 'rows' | 'columns' | undefined;
}

/** How to walk a nest in blocks; undefined where that would not pay. */
export function turned(nest: Nest): Turned | undefined {
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
 * In a near cache it pays to use up lines of the load, unless the rows of the store all share a set of the first cache; from
 * afar, to write lines of the store in one go.
 */
function piecesOf(nest: Nest): Turned['pieces'] {
  const { body, formats, narrowed, rows, columns, strides } = nest;
  const [from, to, ...others] = strides;
  if (formats.length !== 1 || others.length !== 1 || narrowed[0] || columns < 8) return undefined;
  const [step, width] = [4 * from!.at(-1)!, 4 * to!.at(-2)!];
  if (!onlyMoves(body) || to!.at(-1) !== 1 || step < 0 || width < 0) return undefined;
  return 8 * rows.at(-1)! * columns <= nearBytes && width % setBytes !== 0 ? 'rows' : 'columns';
}

/** The elements of a tile where nothing is computed: rows in runs so long that a page is seldom looked up again, but many tiles. */
function movedElements(rows: readonly number[], columns: number): number {
  return Math.min(2 ** 16, Math.max(2 ** 14, (sizeOf(rows) * columns) / 64));
}

/**
 * Tiles of a turned nest: few columns, so that rows are read in long runs. What they count as columns are bands of rows, and as
 * rows the columns: so a tile and the next, which another thread may have, write lines that do not lie side by side.
 */
export function bandsOf({ nest: { rows, columns }, pieces }: Turned, elements: number): Partition {
  const [height, wanted] = pieces ? [movedRows, movedElements(rows, columns)] : [blockRows, elements];
  const bands = sizeOf(rows.slice(0, -1)) * Math.ceil(rows.at(-1)! / height);
  const parts = Math.ceil(columns / blockColumns);
  const tileColumns = parts === 1 ? columns : 16 * Math.ceil(columns / parts / 16);
  const tileRows = Math.min(Math.max(1, bands), Math.max(1, Math.floor(wanted / (height * tileColumns))));
  const tiles = Math.ceil(bands / tileRows) * Math.ceil(columns / tileColumns);
  return { tiles, rows: columns, columns: bands, tileRows: tileColumns, tileColumns: tileRows };
}

export function scratchOf({ loads, pieces }: Turned): number {
  return pieces ? 0 : loads.length * blockRows * pitch;
}

interface Band {
  /** the indices of its first row */
  readonly indices: readonly Expr<'i32'>[];
  /** the flat number of the rows before its matrix */
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
 * The loops over a range, see `bandsOf`, where nothing is computed. Pieces of 4 rows × 8 columns go from the load to the
 * store; the last ones are moved back so as to be whole, and write some elements again.
 */
export function emitMoved(f: FunctionBuilder, { nest, pieces }: Turned, bases: readonly Address[], range: Range): void {
  const { rows, columns, strides } = nest;
  const [from, to] = [strides[0]!, strides[1]!];
  const [step, width, height] = [4 * from.at(-1)!, 4 * to.at(-2)!, rows.at(-1)!];
  eachBand(f, rows, movedRows, range, ({ indices, top, bottom }) => {
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
      f.let(address.add(source, address.times(c, step))),
      f.let(address.add(target, address.times(c, 4))),
    ];
    if (pieces === 'rows') {
      columnsOf((c) => {
        const [read, write] = across(c);
        rowsOf((r) => {
          const to = address.add(write!, address.times(r, width));
          movePiece(f, address.add(read!, address.times(r, 4)), step, to, width);
        });
      });
    } else {
      rowsOf((r) => {
        const [read, write] = along(r);
        columnsOf((c) => {
          const to = address.add(write!, address.times(c, 4));
          movePiece(f, address.add(read!, address.times(c, step)), step, to, width);
        });
      });
    }
  });
}

/** Eight runs of four elements, `step` bytes apart, become four of eight elements, `width` bytes apart. */
function movePiece(f: FunctionBuilder, from: Address, step: number, to: Address, width: number): void {
  const [read, write] = [f.let(from), f.let(to)];
  const pair = [0, 4].map((q) =>
    transpose4x4(
      f,
      [0, 1, 2, 3].map((row) => f.let(v128.load('i32x4', read, (q + row) * step))),
    ),
  );
  for (const row of [0, 1, 2, 3]) {
    f.do(v128.store(write, pair[0]![row]!, row * width), v128.store(write, pair[1]![row]!, row * width + 16));
  }
}

/** The loops over a range, see `bandsOf`; `bases` as in `emitNest`. */
export function emitTurned(
  f: FunctionBuilder,
  { nest, loads }: Turned,
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
        const step = 4 * strides[v]!.at(-1)!;
        const source = f.let(address.add(starts[i]!, address.times(left, step)));
        turn(f, { source, step, rows: f.let(i32.sub(bottom, top)), columns: f.let(i32.sub(right, left)), to });
        return f.let(address.sub(to, address.add(address.times(top, pitch), address.times(left, 4)))); // where row 0, column 0 would be
      });
      const from = bases.map((base, v) => blocks[loads.indexOf(v)] ?? base);
      const within = { row0: i32.add(first, top), row1: i32.add(first, bottom), col0: left, col1: right };
      emitNest(f, { ...nest, strides: read }, from, within, true);
    });
  });
}

interface Block {
  /** the element of the block's first row and column; its rows lie side by side, its columns `step` bytes apart */
  readonly source: Address;
  readonly step: number;
  readonly rows: Expr<'i32'>;
  readonly columns: Expr<'i32'>;
  /** where row r begins, r·pitch bytes on */
  readonly to: Address;
}

function turn(f: FunctionBuilder, { source, step, rows, columns, to }: Block): void {
  const last = f.let(plus(columns, -1));
  countLoop(f, i32.const(0), columns, 4, (c) => {
    const from = [0, 1, 2, 3].map((q) => f.let(address.add(source, address.times(smaller(plus(c, q), last), step))));
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
