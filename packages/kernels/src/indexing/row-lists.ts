// Lists of rows of a table (sparse gradients): where a list names a row for the first time, the sum of everything that the list
// says of that row, and a table in which only the rows of a list are overwritten. The work is in proportion to the list,
// whatever the size of the table.

import { type Address, address, type Expr, type FunctionBuilder, i32, type Local, memory } from '@treadle/wasm';
import { times } from '../core/arithmetic.ts';
import { bytesMoved } from '../core/bytes-moved.ts';
import type { Kernel, Operand, Present, Slot } from '../core/kernel.ts';
import { kernelOverTiles } from '../core/kernel-frame.ts';
import { eachColumn } from '../core/loops/columns.ts';
import { type Cursor, eachRow } from '../core/loops/rows.ts';
import { baseAddress, operandAddress, scalarOperand } from '../core/operand.ts';
import { partition, tileElements } from '../core/tile-partition.ts';
import { readEight, readFour, writeEight, writeFour } from '../elementwise/vector-io.ts';
import { accumulate, clear, rowAt } from './gather.ts';

export interface FirstOccurrences {
  readonly name: string;
  /** int32 [k] */
  readonly indices: Operand;
  /** int32 [k] */
  readonly store: Operand;
  /** a buffer of hashSize(k) int32 */
  readonly table: Slot;
  /** entries behind the valid ones are not stored */
  readonly present?: Present | undefined;
}

/** The number of entries in a hash table for k numbers: a power of two, at least half of them free. */
export function hashSize(k: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(2, 2 * k)));
}

/** 2³² / golden ratio: neighbouring numbers end up far from each other (D. Knuth, The Art of Computer Programming 3, 6.4). */
const hashFactor = 0x9e3779b1 | 0;

/**
 * store[j] = the smallest i with indices[i] = indices[j]. One tile: a hash table of positions with linear probing.
 */
export function firstOccurrences({ name, indices, store, table: entries, present }: FirstOccurrences): Kernel {
  const [k = 0] = indices.view.shape;
  const size = hashSize(k);
  return kernelOverTiles({
    name,
    parts: partition(k === 0 ? 0 : 1, 1, 1),
    cost: 5 * k,
    work: { kind: 'list', ops: ['firstOccurrences'], shape: [k], flops: 0, ...bytesMoved([indices], [store]) },
    loads: present ? [indices, scalarOperand(present.slot)] : [indices],
    stores: [store, scalarOperand(entries)],
    emit: (f, table) => {
      const [from, to] = [operandAddress(f, table, indices), operandAddress(f, table, store)];
      const entriesAt = f.let(baseAddress(table, entries)); // an entry is 1 + the position of its number; 0 where it is free
      f.do(memory.fill(entriesAt, 0, address.const(4 * size)));
      const [stride = 1] = indices.view.strides;
      const numberIn = (position: Expr<'i32'>): Expr<'i32'> =>
        i32.load(address.add(from, address.times(position, 4 * stride)));
      const j = f.local('i32', 0);
      const end = countOf(f, table, k, present);
      f.while(i32.lt_s(j, end), () => {
        const number = f.let(numberIn(j));
        const first = emitFindOrInsert(f, { entries: entriesAt, size, number, numberIn }, j);
        f.do(i32.store(address.add(to, address.times(j, 4 * (store.view.strides[0] ?? 1))), first));
        f.increment(j, 1);
      });
    },
  });
}

interface Search {
  readonly entries: Address;
  readonly size: number;
  readonly number: Expr<'i32'>;
  numberIn(position: Expr<'i32'>): Expr<'i32'>;
}

/** The position that the hash table has for the number; where it has none, j, which is inserted. */
function emitFindOrInsert(
  f: FunctionBuilder,
  { entries, size, number, numberIn }: Search,
  j: Expr<'i32'>,
): Local<'i32'> {
  const entry = f.local('i32', i32.shr_u(i32.mul(number, hashFactor), 32 - Math.log2(size)));
  const first = f.local('i32', j);
  f.block((exit) => {
    f.loop((again) => {
      const at = f.let(address.add(entries, address.shifted(entry, 2)));
      const known = f.let(i32.load(at));
      f.if(i32.eqz(known), () => {
        f.do(i32.store(at, i32.add(j, 1)));
        f.br(exit);
      });
      f.set(first, i32.sub(known, 1));
      f.brIf(exit, i32.eq(numberIn(first), number));
      f.set(first, j);
      f.set(entry, i32.and(i32.add(entry, 1), size - 1));
      f.br(again);
    });
  });
  return first;
}

export interface SumRepeated {
  readonly name: string;
  /** float32 [k, inner] */
  readonly rows: Operand;
  /** int32 [k], as firstOccurrences stores them */
  readonly firsts: Operand;
  /** float32 [k, inner] */
  readonly store: Operand;
  /** entries behind the valid ones are not stored */
  readonly present?: Present | undefined;
}

/**
 * store[i] = 0 + rows[j] + … for all j with firsts[j] = i, in their order; 0 where there is none. Each tile owns some columns and
 * walks all rows: so the order does not depend on the number of tiles.
 */
export function sumRepeated({ name, rows, firsts, store, present }: SumRepeated): Kernel {
  const [k = 0, inner = 1] = rows.view.shape;
  return kernelOverTiles({
    name,
    parts: partition(k === 0 ? 0 : 1, inner, Math.max(32, Math.ceil(tileElements(0.5) / Math.max(1, k)))),
    cost: 0.5 * k * inner + k,
    work: { kind: 'list', ops: ['sumRepeated'], shape: [k, inner], flops: k * inner },
    loads: present ? [rows, firsts, scalarOperand(present.slot)] : [rows, firsts],
    stores: [store],
    emit: (f, table, { col0, col1 }) => {
      const target = operandAddress(f, table, store);
      const [to, from] = [store.view.strides, rows.view.strides];
      const cursors: Cursor[] = [
        { base: operandAddress(f, table, firsts), strides: [4 * (firsts.view.strides[0] ?? 0)] },
        { base: operandAddress(f, table, rows), strides: [4 * (from[0] ?? 0)] },
        { base: target, strides: [4 * (to[0] ?? 0)] },
      ];
      const end = countOf(f, table, k, present);
      const columns = { col0, col1, columns: inner, isAligned: true };
      eachRow(f, { shape: [k], from: i32.const(0), to: end }, cursors, ([first, row, own]) => {
        clear(f, columns, own!, to[1] ?? 0);
        const sum = f.let(address.add(target, address.times(i32.load(first!), 4 * (to[0] ?? 0))));
        accumulate(f, 'f32x4', columns, { row: sum, stride: to[1] ?? 0 }, { row: row!, stride: from[1] ?? 0 });
      });
    },
  });
}

export interface SetRows {
  readonly name: string;
  /** [k, inner] */
  readonly rows: Operand;
  /** int32 [k] */
  readonly indices: Operand;
  /** int32 [k] */
  readonly firsts: Operand;
  /** [n, inner] */
  readonly store: Operand;
  /** an int32: the number of valid entries of the list, one or more; without it, all k are valid */
  readonly count?: Slot | undefined;
}

/** store[indices[j], :] = rows[j, :] for all j with firsts[j] = j; the other rows keep their values. The indices of these j must differ. */
export function setRows({ name, rows, indices, firsts, store, count }: SetRows): Kernel {
  const [[k = 0, inner = 1], [n = 0]] = [rows.view.shape, store.view.shape];
  const written = { ...store, view: { ...store.view, shape: rows.view.shape } };
  return kernelOverTiles({
    name,
    parts: partition(n === 0 ? 0 : k, inner, tileElements(0.5)),
    cost: k * (3 + 0.3 * inner),
    work: {
      kind: 'list',
      ops: ['setRows'],
      shape: [k, inner],
      flops: 0,
      ...bytesMoved([rows, indices, firsts], [written]),
    },
    loads: [rows, indices, firsts],
    stores: [store],
    present: count === undefined ? undefined : { slot: count, of: k },
    emit: (f, table, { row0, row1, col0, col1 }) => {
      const target = operandAddress(f, table, store);
      const [to, from] = [store.view.strides, rows.view.strides];
      const cursors: Cursor[] = [
        { base: operandAddress(f, table, firsts), strides: [4 * (firsts.view.strides[0] ?? 0)] },
        { base: operandAddress(f, table, indices), strides: [4 * (indices.view.strides[0] ?? 0)] },
        { base: operandAddress(f, table, rows), strides: [4 * (from[0] ?? 0)] },
      ];
      const setRow = ([first, index, row]: readonly Address[], [j]: readonly Expr<'i32'>[]): void => {
        f.if(i32.eq(i32.load(first!), j!), () => {
          const picked = rowAt(f, target, index!, i32.const(n - 1), 4 * (to[0] ?? 0));
          eachColumn(
            f,
            { col0, col1, columns: inner, isAligned: true },
            {
              eight: (x) => writeEight(f, picked, to[1] ?? 0, x, readEight(f, 'i32x4', row!, from[1] ?? 0, x)),
              four: (x, some) => {
                writeFour(f, picked, to[1] ?? 0, x, readFour(f, 'i32x4', row!, from[1] ?? 0, x, some), some);
              },
            },
          );
        });
      };
      const positions: Cursor<'i32'>[] = [{ base: i32.const(0), strides: [1] }];
      eachRow(f, { shape: [k], from: row0, to: row1 }, cursors, setRow, positions);
    },
  });
}

/** The number of valid entries of k. */
function countOf(f: FunctionBuilder, table: Address, k: number, present: Present | undefined): Expr<'i32'> {
  return present
    ? f.let(times(i32.load(operandAddress(f, table, scalarOperand(present.slot))), k / present.of))
    : i32.const(k);
}
