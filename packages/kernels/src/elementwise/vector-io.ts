// Four lanes at a time: how a row of a strided view is read into vectors and written back. A row is known by the address of
// its first element and its stride; a position in it is `x`, four times the number of elements passed.
// Reads along a stride of 1 may run up to 28 bytes past the last element; other reads and all writes touch exactly the
// elements they are asked for.

import {
  type Address,
  address,
  type Distance,
  type Expr,
  type FunctionBuilder,
  f32x4,
  i32x4,
  integer,
  v128,
} from '@treadle/wasm';
import { plus, smaller } from '../core/arithmetic.ts';
import type { Lane } from '../core/lane-expression.ts';
import type { Count } from '../core/loops/columns.ts';

/** The same value in four lanes. */
export function constantLane(type: Lane, value: number): Expr<Lane> {
  return type === 'f32x4' ? f32x4.const(value) : i32x4.const(value);
}

/** Eight elements of a row from x on, as two vectors on neighbouring addresses. */
export function readEight(
  f: FunctionBuilder,
  type: Lane,
  row: Address,
  stride: number,
  x: Distance,
): [Expr<Lane>, Expr<Lane>] {
  if (stride === 0) {
    const value = f.let(v128.load32_splat(type, row));
    return [value, value];
  }
  const lowest = stride < 0 ? 4 * stride * 7 : 0; // the offset of a load is unsigned: count from the lowest address
  const start = f.let(plus(address.add(row, address.scaled(x, stride)), lowest));
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
  row: Address,
  stride: number,
  x: Distance,
  count: Count,
): Expr<Lane> {
  if (stride === 0) return f.let(v128.load32_splat(type, row));
  if (stride === 1) return f.let(v128.load(type, address.add(row, x)));
  const position = (lane: number): Distance => {
    if (typeof count === 'number') return plus(x, 4 * Math.min(lane, count - 1));
    return lane === 0 ? x : smaller(plus(x, 4 * lane), address.sub(count.end, 4));
  };
  return f.let(
    collect(
      type,
      (lane) => address.add(row, address.scaled(position(lane), stride)),
      () => 0,
    ),
  );
}

function collect(type: Lane, at: (lane: number) => Address, offset: (lane: number) => number): Expr<Lane> {
  let value = v128.load32_splat(type, at(0), offset(0));
  for (const lane of [1, 2, 3]) value = v128.load32_lane(lane, at(lane), value, offset(lane));
  return value;
}

/** Writes eight elements of a row from x on. */
export function writeEight(
  f: FunctionBuilder,
  row: Address,
  stride: number,
  x: Distance,
  [low, high]: readonly [Expr<Lane>, Expr<Lane>],
): void {
  const start = f.let(address.add(row, address.scaled(x, stride)));
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
  row: Address,
  stride: number,
  x: Distance,
  value: Expr<Lane>,
  count: Count,
): void {
  const start = f.let(address.add(row, address.scaled(x, stride)));
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
  const left = f.let(address.sub(count.end, x));
  f.if(integer.ge_s(left, 16), all, () => {
    first(1);
    f.if(integer.gt_s(left, 4), () => writeLane(f, start, stride, 1, value, 1));
    f.if(integer.gt_s(left, 8), () => writeLane(f, start, stride, 2, value, 2));
  });
}

function writeLane(
  f: FunctionBuilder,
  start: Address,
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
