// Checks indices before anything is read through them, and stores each counted from the front. Where an index does not exist, the
// first such index is left in a record, and the run ends after this phase. The fast loop only finds out whether a tile holds a
// wrong index; a tile that does is searched one by one.

import {
  type Address,
  address,
  type Distance,
  type Expr,
  type FunctionBuilder,
  f32x4,
  i32,
  i32x4,
  i64,
  reinterpret,
  v128,
} from '@treadle/wasm';
import { ramp, times } from '../core/arithmetic.ts';
import { bytesMoved } from '../core/bytes-moved.ts';
import { denseStrides, sizeOf } from '../core/collapse-dims.ts';
import type { Lane } from '../core/format.ts';
import type { Kernel, Operand, Present, Refusal } from '../core/kernel.ts';
import { kernelOverTiles } from '../core/kernel-frame.ts';
import { type Count, eachColumn } from '../core/loops/columns.ts';
import { type Cursor, eachRow } from '../core/loops/rows.ts';
import { baseAddress, operandAddress, scalarOperand } from '../core/operand.ts';
import { partition, type Range, tileElements } from '../core/tile-partition.ts';
import { readEight, readFour, writeEight, writeFour } from '../elementwise/vector-io.ts';

export interface CheckIndices {
  readonly name: string;
  /** int32, or floats that are rounded towards zero; any shape */
  readonly source: Operand;
  readonly type: Lane;
  /** int32, of the same shape */
  readonly store: Operand;
  /** indices from 0, or from −n where they may count from the end, to n − 1 exist */
  readonly n: number;
  readonly countsFromEnd: boolean;
  readonly refusal: Refusal;
  readonly present?: Present | undefined;
}

/** store = source counted from the front. An index out of range is stored as it is: a kernel that reads it must clamp it. */
export function checkIndices(spec: CheckIndices): Kernel {
  const { name, source, store, present, refusal } = spec;
  const { shape } = source.view;
  const parts = partition(sizeOf(shape.slice(0, -1)), shape.at(-1) ?? 1, tileElements(0.3));
  const kernel = kernelOverTiles({
    name,
    parts,
    cost: 0.3 * sizeOf(shape),
    work: { kind: 'indices', ops: ['checkIndices'], shape, flops: 0, ...bytesMoved([source], [store]) },
    loads: present ? [source, scalarOperand(present.slot)] : [source],
    stores: [store, scalarOperand(refusal.slot)],
    emit: (f, table, range) => {
      const end =
        present &&
        f.let(times(i32.load(operandAddress(f, table, scalarOperand(present.slot))), sizeOf(shape) / present.of));
      const bases = [operandAddress(f, table, source), operandAddress(f, table, store)] as const;
      const isWrong = emitCheck(f, spec, bases, range, end);
      f.if(v128.any_true(isWrong), () => {
        emitSearch(f, spec, [bases[0], f.let(baseAddress(table, refusal.slot))], range, end);
      });
    },
  });
  return { ...kernel, refusal };
}

/** Four indices counted from the front, and a mask of those that do not exist. */
function checked(
  f: FunctionBuilder,
  { type, n, countsFromEnd }: CheckIndices,
  x: Expr<Lane>,
): [Expr<'i32x4'>, Expr<'i32x4'>] {
  const whole = type === 'i32x4' ? reinterpret('i32x4', x) : f.let(i32x4.trunc_sat_f32x4_s(reinterpret('f32x4', x)));
  const negative = v128.and(i32x4.const(n), i32x4.shr_s(whole, 31));
  const index = countsFromEnd ? f.let(i32x4.add(whole, negative)) : whole;
  const isBeyond = i32x4.ge_u(index, i32x4.const(n)); // a negative index is large when read without its sign
  if (type === 'i32x4') return [index, isBeyond];
  const number = reinterpret('f32x4', x);
  return [index, v128.or(isBeyond, f32x4.ne(number, number))];
}

/** Writes the indices of the range. Returns a mask with some lane set if one is wrong. Positions from `end` on do not count. */
function emitCheck(
  f: FunctionBuilder,
  spec: CheckIndices,
  [from, to]: readonly [Address, Address],
  { row0, row1, col0, col1 }: Range,
  end: Expr<'i32'> | undefined,
): Expr<'i32x4'> {
  const wrong = f.local('i32x4');
  const { source, store } = spec;
  const { rows, columns, stridesOf } = walkOf(source.view.shape);
  const [sourceStrides, storeStrides] = [stridesOf(source.view.strides), stridesOf(store.view.strides)];
  const cursors: Cursor[] = [
    { base: from, strides: sourceStrides.rows.map((stride) => 4 * stride) },
    { base: to, strides: storeStrides.rows.map((stride) => 4 * stride) },
  ];
  const positions: Cursor<'i32'>[] = [{ base: i32.const(0), strides: stridesOf(denseStrides(source.view.shape)).rows }];
  const checkRow = ([read, write]: readonly Address[], [flat]: readonly Expr<'i32'>[]): void => {
    const note = (isWrong: Expr<'i32x4'>, x: Distance, first = 0): void => {
      const position = (): Expr<'i32x4'> => ramp(i32.add(flat!, address.index(x, 2)), 1, first);
      const counts = end && i32x4.lt_s(position(), i32x4.splat(end));
      f.set(wrong, v128.or(wrong, counts ? v128.and(isWrong, counts) : isWrong));
    };
    eachColumn(
      f,
      { col0, col1, columns, isAligned: true },
      {
        eight: (x) => {
          const both = readEight(f, spec.type, read!, sourceStrides.column, x).map((part) => checked(f, spec, part));
          const [[low, isLowWrong], [high, isHighWrong]] = [both[0]!, both[1]!];
          writeEight(f, write!, storeStrides.column, x, [low, high]);
          note(isLowWrong, x);
          note(isHighWrong, x, 4);
        },
        four: (x, count) => {
          const [index, isWrong] = checked(f, spec, readFour(f, spec.type, read!, sourceStrides.column, x, count));
          writeFour(f, write!, storeStrides.column, x, index, count);
          note(v128.and(isWrong, firstLanes(x, count)), x);
        },
      },
    );
  };
  eachRow(f, { shape: rows, from: row0, to: row1 }, cursors, checkRow, positions);
  return wrong;
}

/** A mask of the lanes that hold elements of the row. */
function firstLanes(x: Distance, count: Count): Expr<'i32x4'> {
  if (typeof count === 'number') return i32x4.const([0, 1, 2, 3].map((lane) => (lane < count ? -1 : 0)));
  return i32x4.lt_s(ramp(address.index(x, 0), 4), i32x4.splat(address.index(count.end, 0)));
}

/** Finds the first wrong index of the range, and writes it to the record unless that holds an earlier one. */
function emitSearch(
  f: FunctionBuilder,
  spec: CheckIndices,
  [from, record]: readonly [Address, Address],
  { row0, row1, col0, col1 }: Range,
  end: Expr<'i32'> | undefined,
): void {
  const { shape, strides } = spec.source.view;
  const { rows, stridesOf } = walkOf(shape);
  const own = stridesOf(strides);
  const cursors: Cursor[] = [{ base: from, strides: own.rows.map((stride) => 4 * stride) }];
  const positions: Cursor<'i32'>[] = [{ base: i32.const(0), strides: stridesOf(denseStrides(shape)).rows }];
  const searchRow = ([row]: readonly Address[], [flat]: readonly Expr<'i32'>[]): void => {
    const column = f.local('i32', col0);
    f.while(i32.lt_s(column, col1), () => {
      const position = f.let(i32.add(flat!, column));
      if (end) f.if(i32.ge_s(position, end), () => f.return());
      const at = f.let(address.add(row!, address.times(column, 4 * own.column)));
      const [, isWrong] = checked(f, spec, v128.load32_splat(spec.type, at));
      f.if(v128.any_true(isWrong), () => {
        emitRecord(f, record, position, i32.load(at));
        f.return();
      });
      f.increment(column, 1);
    });
  };
  eachRow(f, { shape: rows, from: row0, to: row1 }, cursors, searchRow, positions);
}

/**
 * Keeps the largest value. A record is 0, or the complement of a position in its upper half and the bits of the index in its lower
 * half: so the first position wins, whichever thread comes first.
 */
function emitRecord(f: FunctionBuilder, record: Address, position: Expr<'i32'>, bits: Expr<'i32'>): void {
  const high = i64.shl(i64.extend_i32_u(i32.xor(position, -1)), 32n);
  const mine = f.let(i64.or(high, i64.extend_i32_u(bits)));
  const there = f.let(i64['atomic.load'](record));
  f.while(i64.lt_u(there, mine), () => {
    f.set(there, i64['atomic.rmw.cmpxchg'](record, there, mine));
  });
}

/** The position and bits in a record; undefined for an empty one. */
export function readRecord(
  low: number,
  high: number,
): { readonly position: number; readonly bits: number } | undefined {
  return high === 0 ? undefined : { position: ~high, bits: low };
}

/** The last axis of a shape as columns, the others as rows. */
function walkOf(shape: readonly number[]) {
  return {
    rows: shape.slice(0, -1),
    columns: shape.at(-1) ?? 1,
    stridesOf: (strides: readonly number[]) => ({ rows: strides.slice(0, -1), column: strides.at(-1) ?? 1 }),
  };
}
