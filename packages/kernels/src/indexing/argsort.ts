// argsort and sort of rows: a stable bottom-up merge sort. An element and its position are one 64-bit number with the sort key in
// the upper half: comparing these numbers compares key and position, and no two are equal. Knows float32 and int32 alone.

import {
  type Address,
  type AddressType,
  address,
  type Expr,
  type FunctionBuilder,
  f32,
  i32,
  i64,
  type Local,
  select,
} from '@treadle/wasm';
import { plus, smaller } from '../core/arithmetic.ts';
import type { Lane } from '../core/format.ts';
import type { Kernel, Operand, Present } from '../core/kernel.ts';
import { kernelOverTiles } from '../core/kernel-frame.ts';
import { countLoop } from '../core/loops/count.ts';
import { type Cursor, eachRow } from '../core/loops/rows.ts';
import { operandAddress } from '../core/operand.ts';
import { partition } from '../core/tile-partition.ts';

export interface Argsort {
  readonly name: string;
  readonly type: Lane;
  readonly isDescending: boolean;
  /** [rows, n] */
  readonly source: Operand;
  /** [rows, k]: the first k elements in order */
  readonly values: Operand | undefined;
  /** int32 [rows, k]: their positions in the row */
  readonly positions: Operand | undefined;
  readonly present: Present | undefined;
}

/**
 * The first k of source[r, :] in order, as values, positions, or both. Equal elements keep their order; NaN is above everything,
 * −0 equals 0.
 */
export function argsort({ name, type, isDescending, source, values, positions, present }: Argsort): Kernel {
  const [rows = 1, n = 1] = source.view.shape;
  const stores = [values, positions].filter((store) => store !== undefined);
  const k = stores[0]?.view.shape[1] ?? n;
  const rowCost = 6 * n * Math.max(1, Math.ceil(Math.log2(Math.min(n, 2 * k)))); // nanoseconds
  return kernelOverTiles({
    name,
    parts: partition(n * k === 0 ? 0 : rows, 1, Math.max(1, Math.floor(30_000 / rowCost))),
    cost: rows * rowCost,
    work: { kind: 'sort', ops: ['argsort'], shape: [rows, n], flops: 0 },
    scratch: 16 * n + 8, // two buffers; a merge reads one number past the second
    loads: [source],
    stores,
    present,
    emit: (f, table, { row0, row1 }, scratch) => {
      const stride = source.view.strides[1] ?? 0;
      const cursors = [source, ...stores].map(
        (operand): Cursor => ({
          base: operandAddress(f, table, operand),
          strides: [4 * (operand.view.strides[0] ?? 0)],
        }),
      );
      eachRow(f, { shape: [rows], from: row0, to: row1 }, cursors, ([elements = scratch, ...results]) => {
        countLoop(f, i32.const(0), i32.const(n), 1, (i) => {
          const key = keyOf(f, type, isDescending, address.add(elements, address.times(i, 4 * stride)));
          const high = i64.shl(i64.extend_i32_s(key), 32n);
          f.do(i64.store(eighth(scratch, i), i64.or(high, i64.extend_i32_u(i))));
        });
        const sorted = mergeSort(f, scratch, n, k);
        countLoop(f, i32.const(0), i32.const(k), 1, (i) => {
          const position = f.let(i32.load(eighth(sorted, i)));
          stores.forEach((store, at) => {
            const to = address.add(results[at] ?? scratch, address.times(i, 4 * (store.view.strides[1] ?? 0)));
            const element = address.add(elements, address.times(position, 4 * stride));
            f.do(i32.store(to, store === values ? i32.load(element) : position));
          });
        });
      });
    },
  });
}

/** The sort key of an element: integers compare as the elements do. */
function keyOf(f: FunctionBuilder, type: Lane, isDescending: boolean, at: Address): Expr<'i32'> {
  const rising = type === 'f32x4' ? floatKey(f, at) : i32.load(at);
  return isDescending ? i32.xor(rising, -1) : rising; // ~k
}

/** The bits of a float, those below the sign inverted where it is negative: then integers compare as floats do. */
function floatKey(f: FunctionBuilder, at: Address): Expr<'i32'> {
  const x = f.let(f32.add(f32.load(at), 0)); // −0 + 0 = 0
  const bits = f.let(i32.reinterpret_f32(x));
  const key = i32.xor(bits, i32.shr_u(i32.shr_s(bits, 31), 1));
  return select(key, i32.const(2 ** 31 - 1), f32.eq(x, x));
}

/** Sorts the first k of the n numbers at `buffer`. Returns the address of the result: `buffer`, or that of the n numbers behind it. */
function mergeSort(f: FunctionBuilder, buffer: Address, n: number, k: number): Local<AddressType> {
  const from = f.let(buffer);
  const to = f.let(plus(buffer, 8 * n));
  const width = f.local('i32', 1);
  f.while(i32.lt_u(width, n), () => {
    const low = f.local('i32', 0);
    f.loop((again) => {
      const middle = f.let(smaller(i32.add(low, width), i32.const(n)));
      const high = f.let(smaller(i32.add(middle, width), i32.const(n)));
      merge(f, from, to, { low, middle, high }, k < n ? k : undefined);
      f.set(low, high);
      f.brIf(again, i32.lt_u(low, n));
    });
    const swapped = f.let(from);
    f.set(from, to);
    f.set(to, swapped);
    f.set(width, i32.shl(width, 1));
  });
  return from;
}

interface Halves {
  readonly low: Expr<'i32'>;
  readonly middle: Expr<'i32'>;
  readonly high: Expr<'i32'>;
}

/** Merges from[low, middle) and from[middle, high), both sorted, to to[low, high); with k, only the first k of each. */
function merge(
  f: FunctionBuilder,
  from: Address,
  to: Address,
  { low, middle, high }: Halves,
  k: number | undefined,
): void {
  const firstOf = (begin: Expr<'i32'>, end: Expr<'i32'>): Expr<'i32'> =>
    k === undefined ? end : f.let(smaller(plus(begin, k), end));
  const [leftEnd, rightEnd, end] = [firstOf(low, middle), firstOf(middle, high), firstOf(low, high)];
  const left = f.let(low);
  const right = f.let(middle);
  const at = f.let(low);
  f.loop((again) => {
    const a = f.let(i64.load(eighth(from, left)));
    const b = f.let(i64.load(eighth(from, right)));
    const isLeft = i32.and(i32.lt_s(left, leftEnd), i32.or(i32.ge_s(right, rightEnd), i64.lt_s(a, b)));
    const one = f.let(isLeft);
    f.do(i64.store(eighth(to, at), select(a, b, one)));
    f.increment(left, one);
    f.increment(right, i32.sub(1, one));
    f.increment(at, 1);
    f.brIf(again, i32.lt_s(at, end));
  });
}

/** The address of the i-th 64-bit number. */
function eighth(base: Address, i: Expr<'i32'>): Address {
  return address.add(base, address.shifted(i, 3));
}
