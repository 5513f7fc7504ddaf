// Four lanes at a time: how a row of a strided view is read into vectors and written back. A row is the address of its first
// element, a format and a stride. A position in it is `x`: four times the number of elements passed, whatever their format.
// Reads along a stride of 1 may run up to 28 bytes past the last element; other reads and all writes touch exactly the
// elements that they are asked for.

import {
  type Address,
  address,
  type Distance,
  type Expr,
  type FunctionBuilder,
  f32x4,
  i8x16,
  i16x8,
  i32x4,
  integer,
  type Local,
  reinterpret,
  v128,
} from '@treadle/wasm';
import { plus, smaller } from '../core/arithmetic.ts';
import { bytesOf, type Format, type Lane, type Narrow } from '../core/format.ts';
import type { Load } from '../core/lane-expression.ts';
import type { Count } from '../core/loops/columns.ts';

/** How the elements of a load lie in memory. */
export function formatOf({ operand, type }: Load): Format {
  return operand.narrow ?? type;
}

/** The same value in four lanes. */
export function constantLane(type: Lane, value: number): Expr<Lane> {
  return type === 'f32x4' ? f32x4.const(value) : i32x4.const(value);
}

/** Bytes that elements of a format take, given four times their number. */
function bytesAt(format: Format | undefined, x: Distance): Distance {
  const bytes = bytesOf(format);
  return bytes === 4 ? x : address.shiftedDown(x, bytes === 2 ? 1 : 2);
}

/** One element in all four lanes. */
export function readSplat(f: FunctionBuilder, format: Format, at: Address): Local<Lane> {
  if (typeof format !== 'object') return f.let(v128.load32_splat(format, at));
  const splat = format.bytes === 1 ? v128.load8_splat('i32x4', at) : v128.load16_splat('i32x4', at);
  return f.let(format.widen(f, v128.and(splat, i32x4.const(256 ** format.bytes - 1))));
}

/** Eight elements of a row from x on, as two vectors on neighbouring addresses. */
export function readEight(
  f: FunctionBuilder,
  format: Format,
  row: Address,
  stride: number,
  x: Distance,
): [Expr<Lane>, Expr<Lane>] {
  if (stride === 0) {
    const value = readSplat(f, format, row);
    return [value, value];
  }
  const bytes = bytesOf(format);
  const lowest = stride < 0 ? bytes * stride * 7 : 0; // the offset of a load is unsigned: count from the lowest address
  const start = f.let(plus(address.add(row, address.scaled(bytesAt(format, x), stride)), lowest));
  if (stride === 1) return readRun(f, format, start);
  const four = (first: number): Expr<Lane> =>
    f.let(
      collect(
        f,
        format,
        () => start,
        (lane) => bytes * stride * (first + lane) - lowest,
      ),
    );
  return [four(0), four(4)];
}

/** Eight neighbouring elements. V8 can join what is done to both vectors, the extensions of narrow elements included. */
function readRun(f: FunctionBuilder, format: Format, start: Address): [Expr<Lane>, Expr<Lane>] {
  if (typeof format !== 'object') return [f.let(v128.load(format, start)), f.let(v128.load(format, start, 16))];
  const all = f.let(format.bytes === 1 ? v128.load8x8_u(start) : v128.load('i16x8', start));
  const [low, high] = [i32x4.extend_low_i16x8_u(all), i32x4.extend_high_i16x8_u(all)];
  return [f.let(format.widen(f, low)), f.let(format.widen(f, high))];
}

/** Up to four elements of a row from x on; the lanes from `count` on have no meaning. */
export function readFour(
  f: FunctionBuilder,
  format: Format,
  row: Address,
  stride: number,
  x: Distance,
  count: Count,
): Expr<Lane> {
  if (stride === 0) return readSplat(f, format, row);
  if (stride === 1) {
    const start = address.add(row, bytesAt(format, x));
    return f.let(typeof format === 'object' ? widenFour(f, format, start) : v128.load(format, start));
  }
  const position = (lane: number): Distance => {
    if (typeof count === 'number') return plus(x, 4 * Math.min(lane, count - 1));
    return lane === 0 ? x : smaller(plus(x, 4 * lane), address.sub(count.end, 4));
  };
  return f.let(
    collect(
      f,
      format,
      (lane) => address.add(row, address.scaled(bytesAt(format, position(lane)), stride)),
      () => 0,
    ),
  );
}

/** Four neighbouring narrow elements. */
function widenFour(f: FunctionBuilder, format: Narrow, start: Address): Expr<Lane> {
  if (format.bytes === 2) return format.widen(f, v128.load16x4_u(start));
  const bytes = v128.load32_zero('i8x16', start);
  return format.widen(f, i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes)));
}

/** Four elements, each at an address and an offset of its own. */
export function collect(
  f: FunctionBuilder,
  format: Format,
  at: (lane: number) => Address,
  offset: (lane: number) => number,
): Expr<Lane> {
  if (typeof format === 'object') return format.widen(f, collectBits(format, at, offset));
  let value = v128.load32_splat(format, at(0), offset(0));
  for (const lane of [1, 2, 3]) value = v128.load32_lane(lane, at(lane), value, offset(lane));
  return value;
}

/** The bits of four narrow elements, zeros above them. */
function collectBits(
  { bytes }: Narrow,
  at: (lane: number) => Address,
  offset: (lane: number) => number,
): Expr<'i32x4'> {
  let bits: Expr<'i32x4'> = i32x4.const(0);
  for (const lane of [0, 1, 2, 3]) {
    bits =
      bytes === 1
        ? v128.load8_lane(4 * lane, at(lane), bits, offset(lane))
        : v128.load16_lane(2 * lane, at(lane), bits, offset(lane));
  }
  return bits;
}

/** Writes eight elements of a row from x on; with `narrow`, in that format. */
export function writeEight(
  f: FunctionBuilder,
  row: Address,
  stride: number,
  x: Distance,
  values: readonly [Expr<Lane>, Expr<Lane>],
  narrow?: Narrow,
): void {
  const start = f.let(address.add(row, address.scaled(bytesAt(narrow, x), stride)));
  const [low, high] = values.map((value) => bitsOf(f, narrow, value));
  if (stride === 1) {
    writeRun(f, narrow, start, low!, high!);
    return;
  }
  for (const lane of [0, 1, 2, 3]) writeLane(f, narrow, start, stride, lane, low!, lane);
  for (const lane of [0, 1, 2, 3]) writeLane(f, narrow, start, stride, 4 + lane, high!, lane);
}

/** What is written of a vector: narrow elements as their bits, zeros above them. */
function bitsOf(f: FunctionBuilder, narrow: Narrow | undefined, value: Expr<Lane>): Expr<Lane> {
  return narrow ? f.let(narrow.narrow(f, value)) : value;
}

function writeRun(
  f: FunctionBuilder,
  narrow: Narrow | undefined,
  start: Address,
  low: Expr<Lane>,
  high: Expr<Lane>,
): void {
  if (!narrow) {
    // The higher address first: where V8 joins two stores, it also keeps the first of them if that has the lower address.
    f.do(v128.store(start, high, 16), v128.store(start, low));
    return;
  }
  const packed = f.let(i16x8.narrow_i32x4_u(reinterpret('i32x4', low), reinterpret('i32x4', high)));
  if (narrow.bytes === 2) f.do(v128.store(start, packed));
  else f.do(v128.store64_lane(0, start, i8x16.narrow_i16x8_u(packed, packed)));
}

/** Writes the first `count` of four elements of a row from x on; with `narrow`, in that format. */
export function writeFour(
  f: FunctionBuilder,
  row: Address,
  stride: number,
  x: Distance,
  value: Expr<Lane>,
  count: Count,
  narrow?: Narrow,
): void {
  const start = f.let(address.add(row, address.scaled(bytesAt(narrow, x), stride)));
  const bits = bitsOf(f, narrow, value);
  const first = (n: number): void => {
    for (let lane = 0; lane < n; lane++) writeLane(f, narrow, start, stride, lane, bits, lane);
  };
  const all = (): void => {
    if (stride === 1) writeFourInRow(f, narrow, start, bits);
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
    f.if(integer.gt_s(left, 4), () => writeLane(f, narrow, start, stride, 1, bits, 1));
    f.if(integer.gt_s(left, 8), () => writeLane(f, narrow, start, stride, 2, bits, 2));
  });
}

function writeFourInRow(f: FunctionBuilder, narrow: Narrow | undefined, start: Address, bits: Expr<Lane>): void {
  if (!narrow) {
    f.do(v128.store(start, bits));
    return;
  }
  const words = reinterpret('i32x4', bits);
  const packed = f.let(i16x8.narrow_i32x4_u(words, words));
  if (narrow.bytes === 2) f.do(v128.store64_lane(0, start, packed));
  else f.do(v128.store32_lane(0, start, i8x16.narrow_i16x8_u(packed, packed)));
}

/** Writes one value, the first lane of a vector. */
export function writeOne(f: FunctionBuilder, at: Address, value: Expr<Lane>, narrow?: Narrow): void {
  writeLane(f, narrow, at, 1, 0, bitsOf(f, narrow, value), 0);
}

function writeLane(
  f: FunctionBuilder,
  narrow: Narrow | undefined,
  start: Address,
  stride: number,
  element: number,
  bits: Expr<Lane>,
  lane: number,
): void {
  const bytes = bytesOf(narrow);
  const offset = bytes * stride * element;
  const [at, ahead] = offset < 0 ? [plus(start, offset), 0] : [start, offset];
  if (bytes === 4) f.do(v128.store32_lane(lane, at, bits, ahead));
  else if (bytes === 2) f.do(v128.store16_lane(2 * lane, at, bits, ahead));
  else f.do(v128.store8_lane(4 * lane, at, bits, ahead));
}
