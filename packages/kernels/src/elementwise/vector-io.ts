// Four lanes at a time: how a row of a strided view is read into vectors and written back. A row is known by the address of
// its first element and its stride; a position in it is `x`, four times the number of elements passed.
// Reads along a stride of 1 may run up to 28 bytes past the last element; other reads and all writes touch exactly the
// elements they are asked for.

import { type Expr, type FunctionBuilder, f32x4, i32, i32x4, type Local, select, v128 } from '@treadle/wasm';
import type { Operand, Slot } from '../core/kernel.ts';

/** How four neighbouring elements are read: as floats, or as integers and masks. */
export type Lane = 'f32x4' | 'i32x4';

export interface Load {
  readonly operand: Operand;
  readonly type: Lane;
}

/** The elements of a row that four lanes hold: a known number, or as many as lie before `end`, a position in the row. */
export type Count = number | { readonly end: Expr<'i32'> };

/** The same value in four lanes. */
export function constantLane(type: Lane, value: number): Expr<Lane> {
  return type === 'f32x4' ? f32x4.const(value) : i32x4.const(value);
}

/** x · n for a known n, in as few instructions as that takes. */
export function times(x: Expr<'i32'>, n: number): Expr<'i32'> {
  if (n === 0) return i32.const(0);
  return n === 1 ? x : i32.mul(x, n);
}

/** x + n for a known n. */
export function plus(x: Expr<'i32'>, n: number): Expr<'i32'> {
  return n === 0 ? x : i32.add(x, n);
}

/** The smaller of two numbers (signed); both expressions are evaluated twice. */
export function smaller(a: Expr<'i32'>, b: Expr<'i32'>): Expr<'i32'> {
  return select(a, b, i32.lt_s(a, b));
}

/** The larger of two numbers (signed); both expressions are evaluated twice. */
export function larger(a: Expr<'i32'>, b: Expr<'i32'>): Expr<'i32'> {
  return select(a, b, i32.gt_s(a, b));
}

/** The address of an operand's element (0, 0, …). */
export function address(f: FunctionBuilder, table: Expr<'i32'>, { slot, view }: Operand): Local<'i32'> {
  return f.let(plus(i32.load(table, 4 * slot), 4 * view.offset));
}

/** A number in memory. */
export function numberAt(slot: Slot): Operand {
  return { slot, view: { shape: [], strides: [], offset: 0 } };
}

/** start, start + step, start + 2·step, start + 3·step */
export function ramp(start: Expr<'i32'>, step: number, first = 0): Expr<'i32x4'> {
  const steps = [0, 1, 2, 3].map((lane) => (first + lane) * step);
  return i32x4.add(i32x4.splat(start), i32x4.const(steps));
}

/** Eight elements of a row from x on, as two vectors on neighbouring addresses. */
export function readEight(
  f: FunctionBuilder,
  type: Lane,
  row: Expr<'i32'>,
  stride: number,
  x: Expr<'i32'>,
): [Expr<Lane>, Expr<Lane>] {
  if (stride === 0) {
    const value = f.let(v128.load32_splat(type, row));
    return [value, value];
  }
  const lowest = stride < 0 ? 4 * stride * 7 : 0; // the offset of a load is unsigned: count from the lowest address
  const start = f.let(plus(i32.add(row, times(x, stride)), lowest));
  if (stride === 1) return [f.let(v128.load(type, start)), f.let(v128.load(type, start, 16))];
  const four = (first: number): Expr<Lane> =>
    f.let(
      collect(
        type,
        () => start,
        (lane) => 4 * stride * (first + lane) - lowest,
      ),
    );
  return [four(0), four(4)];
}

/** Up to four elements of a row from x on; what the lanes beyond `count` hold means nothing. */
export function readFour(
  f: FunctionBuilder,
  type: Lane,
  row: Expr<'i32'>,
  stride: number,
  x: Expr<'i32'>,
  count: Count,
): Expr<Lane> {
  if (stride === 0) return f.let(v128.load32_splat(type, row));
  if (stride === 1) return f.let(v128.load(type, i32.add(row, x)));
  const position = (lane: number): Expr<'i32'> => {
    if (typeof count === 'number') return plus(x, 4 * Math.min(lane, count - 1));
    return lane === 0 ? x : smaller(plus(x, 4 * lane), i32.sub(count.end, 4));
  };
  return f.let(
    collect(
      type,
      (lane) => i32.add(row, times(position(lane), stride)),
      () => 0,
    ),
  );
}

function collect(type: Lane, at: (lane: number) => Expr<'i32'>, offset: (lane: number) => number): Expr<Lane> {
  let value = v128.load32_splat(type, at(0), offset(0));
  for (const lane of [1, 2, 3]) value = v128.load32_lane(lane, at(lane), value, offset(lane));
  return value;
}

/** Writes eight elements of a row from x on. */
export function writeEight(
  f: FunctionBuilder,
  row: Expr<'i32'>,
  stride: number,
  x: Expr<'i32'>,
  [low, high]: readonly [Expr<Lane>, Expr<Lane>],
): void {
  const start = f.let(i32.add(row, times(x, stride)));
  if (stride === 1) {
    // The higher one first: where V8 joins the two, it leaves the first in place as well if that is the lower one.
    f.do(v128.store(start, high, 16), v128.store(start, low));
    return;
  }
  for (const lane of [0, 1, 2, 3]) writeLane(f, start, stride, lane, low, lane);
  for (const lane of [0, 1, 2, 3]) writeLane(f, start, stride, 4 + lane, high, lane);
}

/** Writes the first `count` of four elements of a row from x on. */
export function writeFour(
  f: FunctionBuilder,
  row: Expr<'i32'>,
  stride: number,
  x: Expr<'i32'>,
  value: Expr<Lane>,
  count: Count,
): void {
  const start = f.let(i32.add(row, times(x, stride)));
  const first = (n: number): void => {
    for (let lane = 0; lane < n; lane++) writeLane(f, start, stride, lane, value, lane);
  };
  const all = (): void => {
    if (stride === 1) f.do(v128.store(start, value));
    else first(4);
  };
  if (typeof count === 'number') {
    if (count === 4) all();
    else first(count);
    return;
  }
  const left = f.let(i32.sub(count.end, x));
  f.if(i32.ge_s(left, 16), all, () => {
    first(1);
    f.if(i32.gt_s(left, 4), () => writeLane(f, start, stride, 1, value, 1));
    f.if(i32.gt_s(left, 8), () => writeLane(f, start, stride, 2, value, 2));
  });
}

function writeLane(
  f: FunctionBuilder,
  start: Expr<'i32'>,
  stride: number,
  element: number,
  value: Expr<Lane>,
  lane: number,
): void {
  const offset = 4 * stride * element;
  f.do(
    offset < 0 ? v128.store32_lane(lane, plus(start, offset), value) : v128.store32_lane(lane, start, value, offset),
  );
}
