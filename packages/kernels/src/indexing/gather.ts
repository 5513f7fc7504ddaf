// gather picks rows by index; scatterAdd, its adjoint, adds rows up by index. Both clamp indices so that no access leaves the
// buffer. They do not refuse indices that do not exist: check-indices.ts runs before and does.

import {
  type Address,
  address,
  type Expr,
  type FunctionBuilder,
  f32x4,
  i32,
  i32x4,
  reinterpret,
  select,
} from '@treadle/wasm';
import { bytesMoved } from '../core/bytes-moved.ts';
import { asBits, bytesOf, type Lane } from '../core/format.ts';
import type { Kernel, Operand, Present, Slot, View } from '../core/kernel.ts';
import { kernelOverTiles, type Tiled } from '../core/kernel-frame.ts';
import { type Columns, eachColumn } from '../core/loops/columns.ts';
import { type Cursor, eachRow } from '../core/loops/rows.ts';
import { operandAddress, scalarOperand } from '../core/operand.ts';
import { partition, tileElements } from '../core/tile-partition.ts';
import { collect, readEight, readFour, writeEight, writeFour } from '../elementwise/vector-io.ts';

export interface Gather {
  readonly name: string;
  /** [outer, n, inner], n ≥ 1 */
  readonly source: Operand;
  /** int32 [i] */
  readonly indices: Operand;
  /** [outer, i, inner], its elements in the format of the source */
  readonly store: Operand;
  /** int32 []: the number of valid rows of the source, 1 … n; without it, all are valid */
  readonly count?: Operand | undefined;
  /** with `outer` 1 */
  readonly present?: Present | undefined;
}

/** store[o, j, :] = source[o, indices[j], :]. Elements are moved as their bits. */
export function gather(spec: Gather): Kernel {
  return spec.store.view.shape[2] === 1 ? gatherElements(spec) : gatherRows(spec);
}

function gatherRows({ name, source, indices, store, count: there, present }: Gather): Kernel {
  const [[outer, count, inner], from, to] = [sizes(store.view), strides(source.view), strides(store.view)];
  const n = sizes(source.view)[1];
  const narrow = asBits(source.narrow);
  const bytes = bytesOf(narrow);
  return kernelOverTiles({
    name,
    parts: partition(outer * count, inner, tileElements(0.5)),
    cost: outer * count * (3 + 0.3 * inner),
    work: workOf(source, indices, store),
    loads: there ? [source, indices, there] : [source, indices],
    stores: [store],
    present: outer === 1 ? present : undefined,
    emit: (f, table, { row0, row1, col0, col1 }) => {
      const last = lastOf(f, table, n, there);
      const cursors: Cursor[] = [
        { base: operandAddress(f, table, source), strides: [bytes * from.outer, 0] },
        { base: operandAddress(f, table, indices), strides: [0, 4 * strideOf(indices.view)] },
        { base: operandAddress(f, table, store), strides: [bytes * to.outer, bytes * to.row] },
      ];
      eachRow(f, { shape: [outer, count], from: row0, to: row1 }, cursors, ([base, index, row]) => {
        const picked = rowAt(f, base!, index!, last, bytes * from.row);
        eachColumn(
          f,
          { col0, col1, columns: inner, isAligned: true },
          {
            eight: (x) => {
              const values = readEight(f, narrow ?? 'i32x4', picked, from.column, x);
              writeEight(f, row!, to.column, x, values, narrow);
            },
            four: (x, count) => {
              const values = readFour(f, narrow ?? 'i32x4', picked, from.column, x, count);
              writeFour(f, row!, to.column, x, values, count, narrow);
            },
          },
        );
      });
    },
  });
}

/** Of the source, only the picked rows count as read. */
function workOf(source: Operand, indices: Operand, store: Operand): Tiled['work'] {
  const { shape } = store.view;
  const picked = { ...source, view: { ...source.view, shape } };
  return { kind: 'gather', ops: ['gather'], shape, flops: 0, ...bytesMoved([indices, picked], [store]) };
}

/** Rows of one element: four at a time. */
function gatherElements({ name, source, indices, store, count: there, present }: Gather): Kernel {
  const [[outer, count], from, to] = [sizes(store.view), strides(source.view), strides(store.view)];
  const n = sizes(source.view)[1];
  const narrow = asBits(source.narrow);
  const bytes = bytesOf(narrow);
  return kernelOverTiles({
    name,
    parts: partition(outer, count, tileElements(0.5)),
    cost: outer * count * 0.5,
    work: workOf(source, indices, store),
    loads: there ? [source, indices, there] : [source, indices],
    stores: [store],
    present: outer === 1 ? present : undefined,
    emit: (f, table, { row0, row1, col0, col1 }) => {
      const most = f.let(i32x4.splat(lastOf(f, table, n, there)));
      const numbers = operandAddress(f, table, indices);
      const cursors: Cursor[] = [
        { base: operandAddress(f, table, source), strides: [bytes * from.outer] },
        { base: operandAddress(f, table, store), strides: [bytes * to.outer] },
      ];
      eachRow(f, { shape: [outer], from: row0, to: row1 }, cursors, ([base, row]) => {
        const picked = (wanted: Expr<'i32x4'>): Expr<'i32x4'> => {
          const clamped = i32x4.max_s(i32x4.min_s(wanted, most), 0);
          // in 32-bit lanes: a tensor has at most 2²⁹ elements, so distances in it are below 2³¹ bytes
          const offsets = f.let(i32x4.mul(clamped, bytes * from.row));
          const at = (lane: number): Address => address.add(base!, address.times(i32x4.extract_lane(lane, offsets), 1));
          return f.let(
            reinterpret(
              'i32x4',
              collect(f, narrow ?? 'i32x4', at, () => 0),
            ),
          );
        };
        const stride = strideOf(indices.view);
        eachColumn(
          f,
          { col0, col1, columns: count, isAligned: true },
          {
            eight: (x) => {
              const [low, high] = readEight(f, 'i32x4', numbers, stride, x);
              const values = [low, high].map((part) => picked(reinterpret('i32x4', part)));
              writeEight(f, row!, to.row, x, [values[0]!, values[1]!], narrow);
            },
            four: (x, many) => {
              const wanted = reinterpret('i32x4', readFour(f, 'i32x4', numbers, stride, x, many));
              writeFour(f, row!, to.row, x, picked(wanted), many, narrow);
            },
          },
        );
      });
    },
  });
}

export interface ScatterAdd {
  readonly name: string;
  readonly type: Lane;
  /** int32 [i] */
  readonly indices: Operand;
  /** [outer, i, inner] */
  readonly updates: Operand;
  /** [outer, n, inner], n ≥ 1 where i ≥ 1 */
  readonly store: Operand;
  /** an int32: the number of valid indices, one or more; without it, all are valid */
  readonly count?: Slot | undefined;
}

/**
 * store = 0, then store[o, indices[j], :] += updates[o, j, :] for j = 0, 1, … Each tile owns some columns and walks all indices:
 * so repeated indices are added in their order, whatever the number of tiles.
 */
export function scatterAdd({ name, type, indices, updates, store, count: present }: ScatterAdd): Kernel {
  const [[outer, n, inner], to, from] = [sizes(store.view), strides(store.view), strides(updates.view)];
  const count = indices.view.shape[0] ?? 1;
  const rows = n === 0 ? 0 : outer;
  return kernelOverTiles({
    name,
    parts: partition(rows, inner, Math.max(32, Math.ceil(tileElements(0.5) / (n + count)))),
    cost: outer * inner * (0.2 * n + 0.5 * count),
    work: {
      kind: 'scatter',
      ops: ['scatterAdd'],
      shape: updates.view.shape,
      flops: type === 'f32x4' ? outer * count * inner : 0,
    },
    loads: present === undefined ? [indices, updates] : [indices, updates, scalarOperand(present)],
    stores: [store],
    emit: (f, table, { row0, row1, col0, col1 }) => {
      const numbers = operandAddress(f, table, indices);
      const columns = { col0, col1, columns: inner, isAligned: true };
      const matrices: Cursor[] = [
        { base: operandAddress(f, table, store), strides: [4 * to.outer] },
        { base: operandAddress(f, table, updates), strides: [4 * from.outer] },
      ];
      eachRow(f, { shape: [outer], from: row0, to: row1 }, matrices, ([target, source]) => {
        const zeroed: Cursor[] = [{ base: target!, strides: [4 * to.row] }];
        eachRow(f, { shape: [n], from: i32.const(0), to: i32.const(n) }, zeroed, ([row]) => {
          clear(f, columns, row!, to.column);
        });
        if (count === 0) return;
        const added: Cursor[] = [
          { base: numbers, strides: [4 * strideOf(indices.view)] },
          { base: source!, strides: [4 * from.row] },
        ];
        const end =
          present === undefined ? i32.const(count) : f.let(i32.load(operandAddress(f, table, scalarOperand(present))));
        eachRow(f, { shape: [count], from: i32.const(0), to: end }, added, ([index, update]) => {
          const row = rowAt(f, target!, index!, i32.const(n - 1), 4 * to.row);
          accumulate(f, type, columns, { row, stride: to.column }, { row: update!, stride: from.column });
        });
      });
    },
  });
}

/** row = 0 */
export function clear(f: FunctionBuilder, columns: Columns, row: Address, stride: number): void {
  const zero = i32x4.const(0);
  eachColumn(f, columns, {
    eight: (x) => writeEight(f, row, stride, x, [zero, zero]),
    four: (x, count) => writeFour(f, row, stride, x, zero, count),
  });
}

interface Row {
  readonly row: Address;
  readonly stride: number;
}

/** to += from */
export function accumulate(f: FunctionBuilder, type: Lane, columns: Columns, to: Row, from: Row): void {
  const float = (x: Expr<Lane>): Expr<'f32x4'> => reinterpret('f32x4', x);
  const integer = (x: Expr<Lane>): Expr<'i32x4'> => reinterpret('i32x4', x);
  const add = (a: Expr<Lane>, b: Expr<Lane>): Expr<Lane> =>
    f.let(type === 'f32x4' ? f32x4.add(float(a), float(b)) : i32x4.add(integer(a), integer(b)));
  eachColumn(f, columns, {
    eight: (x) => {
      const [a0, a1] = readEight(f, type, to.row, to.stride, x);
      const [b0, b1] = readEight(f, type, from.row, from.stride, x);
      writeEight(f, to.row, to.stride, x, [add(a0, b0), add(a1, b1)]);
    },
    four: (x, count) => {
      const a = readFour(f, type, to.row, to.stride, x, count);
      writeFour(f, to.row, to.stride, x, add(a, readFour(f, type, from.row, from.stride, x, count)), count);
    },
  });
}

/** The last valid row. */
function lastOf(f: FunctionBuilder, table: Address, n: number, count: Operand | undefined): Expr<'i32'> {
  return count ? f.let(i32.sub(i32.load(operandAddress(f, table, count)), 1)) : i32.const(n - 1);
}

/** The address of the row that the int32 at `index` names, clamped to 0 … last; `stride`: bytes from row to row. */
export function rowAt(f: FunctionBuilder, matrix: Address, index: Address, last: Expr<'i32'>, stride: number): Address {
  const wanted = f.let(i32.load(index));
  const notBelow = f.let(select(wanted, i32.const(0), i32.gt_s(wanted, 0)));
  const clamped = f.let(select(notBelow, last, i32.lt_s(notBelow, last)));
  return f.let(address.add(matrix, address.times(clamped, stride)));
}

function sizes({ shape: [outer = 1, n = 1, inner = 1] }: View): readonly [number, number, number] {
  return [outer, n, inner];
}

function strides({ strides: [outer = 0, row = 0, column = 0] }: View): { outer: number; row: number; column: number } {
  return { outer, row, column };
}

function strideOf({ strides: [stride = 0] }: View): number {
  return stride;
}
