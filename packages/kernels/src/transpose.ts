// Lane programs that read a matrix against its grain: some load has stride 1 along another dimension than the columns. The
// work goes in blocks: such a load's block is first turned into scratch, 4 × 4 elements at a time in registers, and then
// read from there like any other row. What is computed, and with which bits, is the same as without.

import { type Expr, type FunctionBuilder, i8x16, i32, v128 } from '@treadle/wasm';
import { sizeOf } from './collapse.ts';
import { plus, smaller, times } from './lane.ts';
import { emitNest, type Nest } from './lane-program.ts';
import { type Partition, partition, type Range } from './partition.ts';
import { unflatten } from './rows.ts';
import { eachStep } from './steps.ts';

/** Rows and columns of a block: a turned block takes 16 KiB of scratch. */
const blockRows = 32;
const blockColumns = 128;
const pitch = 4 * blockColumns;

export interface Turned {
  /** the last dimension of its rows is the one along which the turned loads have stride 1 */
  readonly nest: Nest;
  /** which loads are turned */
  readonly loads: readonly number[];
}

/** How to walk a nest in blocks; undefined where that would not pay. */
export function turned(nest: Nest): Turned | undefined {
  const { types, rows, columns, strides } = nest;
  const against = types.map((_, v) => v).filter((v) => strides[v]!.at(-1) !== 0 && strides[v]!.at(-1) !== 1);
  const d = rows.findIndex((size, d) => size >= 8 && against.some((v) => strides[v]![d] === 1));
  if (d < 0 || columns < 8) return undefined;
  const move = (sizes: readonly number[]): number[] => [...sizes.slice(0, rows.length).toSpliced(d, 1), sizes[d]!];
  const moved = strides.map((along) => [...move(along), along.at(-1)!]);
  return {
    nest: { ...nest, rows: move(rows), strides: moved },
    loads: against.filter((v) => strides[v]![d] === 1),
  };
}

/** Tiles of a turned nest: what they count as rows are bands of `blockRows` rows. */
export function bandsOf({ nest: { rows, columns } }: Turned, elements: number): Partition {
  const bands = sizeOf(rows.slice(0, -1)) * Math.ceil(rows.at(-1)! / blockRows);
  return partition(bands, columns, Math.max(blockColumns, Math.floor(elements / blockRows)));
}

export function scratchOf({ loads }: Turned): number {
  return loads.length * blockRows * pitch;
}

/** The loops over a range of bands and columns; `bases` as in `emitNest`. */
export function emitTurned(
  f: FunctionBuilder,
  { nest, loads }: Turned,
  bases: readonly Expr<'i32'>[],
  { row0, row1, col0, col1 }: Range,
  scratch: Expr<'i32'>,
): void {
  const { rows, strides } = nest;
  const height = rows.at(-1)!;
  const read = strides.map((along, v) =>
    loads.includes(v) ? [...rows.slice(0, -1).map(() => 0), blockColumns, 1] : along,
  );
  eachStep(f, row0, row1, 1, (band) => {
    const [outer, index] = unflatten(f, band, [0, Math.ceil(height / blockRows)]);
    const top = f.let(times(index!, blockRows));
    const bottom = f.let(smaller(plus(top, blockRows), i32.const(height)));
    const first = f.let(times(outer!, height));
    const indices = [...unflatten(f, outer!, rows.slice(0, -1)), top];
    const starts = loads.map((v) => f.let(linear(bases[v]!, indices, strides[v]!)));
    eachStep(f, col0, col1, blockColumns, (left) => {
      const right = f.let(smaller(plus(left, blockColumns), col1));
      const blocks = loads.map((v, i) => {
        const to = f.let(plus(scratch, i * blockRows * pitch));
        const step = 4 * strides[v]!.at(-1)!;
        const source = f.let(i32.add(starts[i]!, times(left, step)));
        turn(f, { source, step, rows: f.let(i32.sub(bottom, top)), columns: f.let(i32.sub(right, left)), to });
        return f.let(i32.sub(to, i32.add(times(top, pitch), times(left, 4)))); // where row 0, column 0 would be
      });
      const from = bases.map((base, v) => blocks[loads.indexOf(v)] ?? base);
      const range = { row0: i32.add(first, top), row1: i32.add(first, bottom), col0: left, col1: right };
      emitNest(f, { ...nest, strides: read }, from, range, true);
    });
  });
}

interface Block {
  /** the element of the block's first row and column; its rows lie side by side, its columns `step` bytes apart */
  readonly source: Expr<'i32'>;
  readonly step: number;
  readonly rows: Expr<'i32'>;
  readonly columns: Expr<'i32'>;
  /** where row r begins, r·pitch bytes on */
  readonly to: Expr<'i32'>;
}

function turn(f: FunctionBuilder, { source, step, rows, columns, to }: Block): void {
  const last = f.let(plus(columns, -1));
  eachStep(f, i32.const(0), columns, 4, (c) => {
    const from = [0, 1, 2, 3].map((q) => f.let(i32.add(source, times(smaller(plus(c, q), last), step))));
    const into = f.let(i32.add(to, times(c, 4)));
    eachStep(f, i32.const(0), rows, 4, (r) => {
      const along = from.map((row) => f.let(v128.load('i32x4', i32.add(row, times(r, 4)))));
      const at = f.let(i32.add(into, times(r, pitch)));
      for (const half of [0, 2]) {
        const low = f.let(interleave(along[0]!, along[1]!, half));
        const high = f.let(interleave(along[2]!, along[3]!, half));
        f.do(
          v128.store(at, halves(low, high, 0), half * pitch),
          v128.store(at, halves(low, high, 2), (half + 1) * pitch),
        );
      }
    });
  });
}

/** a[lane], b[lane], a[lane + 1], b[lane + 1] */
function interleave(a: Expr<'i32x4'>, b: Expr<'i32x4'>, lane: number): Expr<'i32x4'> {
  return i8x16.shuffle(bytesOf([lane, 4 + lane, lane + 1, 5 + lane]), a, b);
}

/** a[lane], a[lane + 1], b[lane], b[lane + 1] */
function halves(a: Expr<'i32x4'>, b: Expr<'i32x4'>, lane: number): Expr<'i32x4'> {
  return i8x16.shuffle(bytesOf([lane, lane + 1, 4 + lane, 5 + lane]), a, b);
}

function bytesOf(lanes: readonly number[]): number[] {
  return lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte));
}

function linear(base: Expr<'i32'>, indices: readonly Expr<'i32'>[], strides: readonly number[]): Expr<'i32'> {
  return indices.reduce((sum, index, d) => (strides[d] ? i32.add(sum, times(index, 4 * strides[d])) : sum), base);
}
