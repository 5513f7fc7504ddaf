// Small matrices in float64, in the scratch of a thread. Factorizations work on them, so their own rounding is far below that of
// the float32 numbers they are given. One matrix after the other, element by element: for sizes up to a few hundred.

import {
  type Address,
  address,
  type Expr,
  type FunctionBuilder,
  f32,
  f64,
  i32,
  type Local,
  type Operand as Value,
} from '@treadle/wasm';
import { times } from '../core/arithmetic.ts';
import type { Kernel, Operand } from '../core/kernel.ts';
import { kernelOverTiles } from '../core/kernel-frame.ts';
import { type Cursor, eachRow } from '../core/loops/rows.ts';
import { operandAddress } from '../core/operand.ts';
import { partition } from '../core/tile-partition.ts';

type Index = Expr<'i32'> | number;

/** A dense matrix of float64, row by row. */
export interface Matrix64 {
  readonly base: Address;
  readonly rows: number;
  readonly columns: number;
}

/** Bytes of a matrix. */
export function bytesOf(rows: number, columns: number): number {
  return 8 * rows * columns;
}

/** The address of an element. */
export function elementAt({ base, columns }: Matrix64, row: Index, column: Index): Address {
  const first = typeof row === 'number' ? i32.const(row * columns) : times(row, columns);
  return address.add(base, address.shifted(i32.add(first, column), 3));
}

/** An element. */
export function get(m: Matrix64, row: Index, column: Index): Expr<'f64'> {
  return f64.load(elementAt(m, row, column));
}

/** Stores an element. */
export function put(f: FunctionBuilder, m: Matrix64, row: Index, column: Index, value: Value<'f64'>): void {
  f.do(f64.store(elementAt(m, row, column), value));
}

type Element = readonly [row: Index, column: Index];

/** Exchanges two elements. */
export function exchange(f: FunctionBuilder, m: Matrix64, one: Element, other: Element): void {
  const kept = f.let(get(m, ...one));
  put(f, m, ...one, get(m, ...other));
  put(f, m, ...other, kept);
}

/** Calls `body` once, as the inside of a loop over from, from + 1, … while less than `to`. */
export function each(f: FunctionBuilder, from: Value<'i32'>, to: Value<'i32'>, body: (i: Local<'i32'>) => void): void {
  const i = f.local('i32', from);
  f.while(i32.lt_s(i, to), () => {
    body(i);
    f.increment(i, 1);
  });
}

/** Stores the identity in columns [firstColumn, firstColumn + rows) of m. */
export function setIdentity(f: FunctionBuilder, m: Matrix64, firstColumn = 0): void {
  each(f, 0, m.rows, (i) => {
    each(f, 0, m.rows, (j) => put(f, m, i, i32.add(j, firstColumn), f64.convert_i32_s(i32.eq(i, j))));
  });
}

/** The sum of `term(i)` for i in [from, to). */
export function sumOf(
  f: FunctionBuilder,
  from: Value<'i32'>,
  to: Value<'i32'>,
  term: (i: Local<'i32'>) => Expr<'f64'>,
): Local<'f64'> {
  const total = f.local('f64', 0);
  each(f, from, to, (i) => f.set(total, f64.add(total, term(i))));
  return total;
}

/** The Euclidean length of column j. */
export function lengthOf(f: FunctionBuilder, m: Matrix64, j: Expr<'i32'>): Expr<'f64'> {
  return f64.sqrt(sumOf(f, 0, m.rows, (i) => f64.mul(get(m, i, j), get(m, i, j))));
}

/** The largest of 0 and `term(i)` for i in [from, to). */
export function largestOf(
  f: FunctionBuilder,
  from: Value<'i32'>,
  to: Value<'i32'>,
  term: (i: Local<'i32'>) => Expr<'f64'>,
): Local<'f64'> {
  const largest = f.local('f64', 0);
  each(f, from, to, (i) => f.set(largest, f64.max(largest, term(i))));
  return largest;
}

/** A float32 matrix of an operand: the address of its first element, and strides in elements. */
export interface Matrix32 {
  readonly base: Address;
  readonly rowStride: number;
  readonly columnStride: number;
}

function elementAt32({ base, rowStride, columnStride }: Matrix32, row: Expr<'i32'>, column: Expr<'i32'>): Address {
  return address.add(base, address.shifted(i32.add(times(row, rowStride), times(column, columnStride)), 2));
}

/** Copies a float32 matrix [rows, columns] into columns [firstColumn, …) of a float64 matrix. */
export function widen(
  f: FunctionBuilder,
  from: Matrix32,
  to: Matrix64,
  [rows, columns]: readonly [number, number],
  firstColumn = 0,
): void {
  each(f, 0, rows, (i) => {
    each(f, 0, columns, (j) => {
      put(f, to, i, i32.add(j, firstColumn), f64.promote_f32(f32.load(elementAt32(from, i, j))));
    });
  });
}

/** Stores `element(i, j)`, rounded to float32, as every element of a float32 matrix [rows, columns]. */
export function narrow(
  f: FunctionBuilder,
  to: Matrix32,
  [rows, columns]: readonly [number, number],
  element: (i: Local<'i32'>, j: Local<'i32'>) => Expr<'f64'>,
): void {
  each(f, 0, rows, (i) => {
    each(f, 0, columns, (j) => f.do(f32.store(elementAt32(to, i, j), f32.demote_f64(element(i, j)))));
  });
}

/** A kernel that computes the same for every matrix of a stack. */
export interface MatrixKernel {
  readonly name: string;
  /** the number of matrices: the first axis of every operand */
  readonly count: number;
  /** nanoseconds for one of them */
  readonly cost: number;
  /** what is computed, in one word */
  readonly kind: string;
  /** operations for one of them */
  readonly flops: number;
  /** bytes */
  readonly scratch: number;
  /** views [count, rows, columns]; a vector has columns of 1 */
  readonly sources: readonly Operand[];
  /** undefined for a result that is not needed */
  readonly stores: readonly (Operand | undefined)[];
  /** the code for one matrix */
  emit(
    f: FunctionBuilder,
    sources: readonly Matrix32[],
    stores: readonly (Matrix32 | undefined)[],
    scratch: Address,
  ): void;
}

/** The kernel: matrices one by one; a tile has as many as take about 30 µs. */
export function matrixKernel(kernel: MatrixKernel): Kernel {
  const { name, kind, count, cost, flops, scratch, sources, stores, emit } = kernel;
  const needed = stores.filter((store) => store !== undefined);
  const operands = [...sources, ...needed];
  return kernelOverTiles({
    name,
    parts: partition(count, 1, Math.max(1, Math.floor(30_000 / cost))),
    cost: count * cost,
    work: { kind, ops: [kind], shape: needed[0]?.view.shape ?? [], flops: count * flops },
    scratch,
    loads: sources,
    stores: needed,
    emit: (f, table, { row0, row1 }, base) => {
      const cursors = operands.map(
        (operand): Cursor => ({
          base: operandAddress(f, table, operand),
          strides: [4 * (operand.view.strides[0] ?? 0)],
        }),
      );
      eachRow(f, { shape: [count], from: row0, to: row1 }, cursors, (at) => {
        const matrixOf = (operand: Operand): Matrix32 => {
          const [, rowStride = 0, columnStride = 0] = operand.view.strides;
          return { base: at[operands.indexOf(operand)] ?? base, rowStride, columnStride };
        };
        emit(
          f,
          sources.map(matrixOf),
          stores.map((store) => store && matrixOf(store)),
          base,
        );
      });
    },
  });
}
