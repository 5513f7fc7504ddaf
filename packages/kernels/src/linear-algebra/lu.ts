// Gaussian elimination with partial or complete pivoting: the one factorization behind solve, det and the cofactors.

import { type Address, address, type Expr, type FunctionBuilder, f64, i32, type Local, select } from '@treadle/wasm';
import type { Kernel, Operand } from '../core/kernel.ts';
import {
  bytesOf,
  each,
  elementAt,
  exchange,
  get,
  largestOf,
  type Matrix64,
  matrixKernel,
  narrow,
  put,
  sumOf,
  widen,
} from './matrix64.ts';

/** The operands of `solve`. */
export interface Solve {
  readonly name: string;
  /** [count, n, n] */
  readonly a: Operand;
  /** [count, n, m] */
  readonly b: Operand;
  /** [count, n, m] */
  readonly store: Operand;
}

/** store = a⁻¹·b; NaN where a is singular to the precision of float32. */
export function solve({ name, a, b, store }: Solve): Kernel {
  const [count = 1, n = 0, m = 0] = b.view.shape;
  const width = n + m;
  return matrixKernel({
    name,
    count: n * m === 0 ? 0 : count,
    cost: 2 * n * n * (n / 3 + m) + 10 * n,
    kind: 'solve',
    flops: 2 * n * n * (n / 3 + m),
    scratch: bytesOf(n, width) + 2 * bytesOf(n, 1),
    sources: [a, b],
    stores: [store],
    emit: (f, [left, right], [to], scratch) => {
      if (!left || !right || !to) throw new Error('internal: solve needs two matrices');
      const rows: Matrix64 = { base: scratch, rows: n, columns: width };
      widen(f, left, rows, [n, n]);
      widen(f, right, rows, [n, m], n);
      const { isSingular } = eliminate(f, rows, f.let(address.add(scratch, bytesOf(n, width))));
      substituteBack(f, rows);
      narrow(f, to, [n, m], (i, j) => select(f64.const(Number.NaN), get(rows, i, i32.add(j, n)), isSingular));
    },
  });
}

/** The operands of `determinant`. */
export interface Determinant {
  readonly name: string;
  /** [count, n, n] */
  readonly a: Operand;
  /** [count, 1, 1] */
  readonly store: Operand;
}

/** store = det a: 1 where n is 0; exactly 0 where all candidates for a pivot are 0. */
export function determinant({ name, a, store }: Determinant): Kernel {
  const [count = 1, n = 0] = a.view.shape;
  return matrixKernel({
    name,
    count,
    cost: 0.7 * n * n * n + 10 * n + 10,
    kind: 'det',
    flops: (2 / 3) * n * n * n,
    scratch: bytesOf(n, n) + 2 * bytesOf(n, 1),
    sources: [a],
    stores: [store],
    emit: (f, [from], [to], scratch) => {
      if (!from || !to) throw new Error('internal: det needs a matrix');
      const rows: Matrix64 = { base: scratch, rows: n, columns: n };
      widen(f, from, rows, [n, n]);
      const { sign } = eliminate(f, rows, f.let(address.add(scratch, bytesOf(n, n))));
      const value = productOfDiagonal(f, rows, n, sign);
      narrow(f, to, [1, 1], () => value);
    },
  });
}

interface Eliminated {
  /** −1 after an odd number of exchanges, else 1 */
  readonly sign: Local<'f64'>;
  /** whether some pivot was only a rounding error */
  readonly isSingular: Local<'i32'>;
}

/**
 * Makes the first n columns of `rows` [n, width] upper triangular; the other columns take part in all row operations. A pivot
 * counts as a rounding error where |pivot|·max |a| ≤ n·2⁻²³·(largest of its row)·(largest of its column), all taken at the start:
 * a measure that does not change when rows or columns are scaled. `scales`: scratch for 2·n numbers. With `exchanged`, n numbers,
 * pivoting is complete: element k becomes the number of the column that was exchanged with column k.
 */
export function eliminate(f: FunctionBuilder, rows: Matrix64, scales: Address, exchanged?: Matrix64): Eliminated {
  const { rows: n, columns: width } = rows;
  const elimination: Elimination = {
    rows,
    exchanged,
    sign: f.local('f64', 1),
    isSingular: f.local('i32', 0),
    scale: { base: scales, rows: 2, columns: n },
  };
  const { sign, isSingular, scale } = elimination;
  each(f, 0, n, (i) => {
    const ofRow = largestOf(f, 0, n, (j) => f64.abs(get(rows, i, j)));
    put(f, scale, 0, i, ofRow);
    const ofColumn = largestOf(f, 0, n, (j) => f64.abs(get(rows, j, i)));
    put(f, scale, 1, i, ofColumn);
  });
  const whole = largestOf(f, 0, n, (i) => get(scale, 0, i));
  each(f, 0, n, (k) => {
    choosePivot(f, elimination, k);
    const pivot = f.let(get(rows, k, k));
    const size = f.let(f64.mul(get(scale, 0, k), get(scale, 1, k)));
    const isRounding = f64.le(f64.mul(f64.abs(pivot), whole), f64.mul(size, n * 2 ** -23));
    f.set(isSingular, i32.or(isSingular, isRounding));
    each(f, i32.add(k, 1), n, (i) => {
      // 0 over a pivot of 0 is 0: there is nothing to subtract
      const element = f.let(get(rows, i, k));
      const factor = f.let(select(f64.const(0), f64.div(element, pivot), f64.eq(element, 0)));
      each(f, i32.add(k, 1), width, (j) => {
        const at = f.let(elementAt(rows, i, j));
        f.do(f64.store(at, f64.sub(f64.load(at), f64.mul(factor, get(rows, k, j)))));
      });
    });
  });
  return { sign, isSingular };
}

interface Elimination extends Eliminated {
  readonly rows: Matrix64;
  readonly exchanged: Matrix64 | undefined;
  /** the largest element at the start: of each row, of each column */
  readonly scale: Matrix64;
}

/** Moves the pivot of column k to its place, by exchanging rows, and columns where pivoting is complete. */
function choosePivot(f: FunctionBuilder, { rows, exchanged, sign, scale }: Elimination, k: Local<'i32'>): void {
  const n = rows.rows;
  const [pivotRow, pivotColumn] = [f.let<'i32'>(k), f.let<'i32'>(k)];
  const compare = (i: Expr<'i32'>, j: Expr<'i32'>): void => {
    const isLarger = f.let(f64.gt(f64.abs(get(rows, i, j)), f64.abs(get(rows, pivotRow, pivotColumn))));
    f.set(pivotRow, select(i, pivotRow, isLarger));
    f.set(pivotColumn, select(j, pivotColumn, isLarger));
  };
  each(f, i32.add(k, 1), n, (i) => compare(i, k));
  if (exchanged) {
    each(f, k, n, (i) => each(f, i32.add(k, 1), n, (j) => compare(i, j)));
    put(f, exchanged, k, 0, f64.convert_i32_s(pivotColumn));
    f.if(i32.ne(pivotColumn, k), () => {
      each(f, 0, n, (i) => exchange(f, rows, [i, k], [i, pivotColumn]));
      exchange(f, scale, [1, k], [1, pivotColumn]);
      f.set(sign, f64.neg(sign));
    });
  }
  f.if(i32.ne(pivotRow, k), () => {
    exchangeRows(f, rows, k, pivotRow);
    exchangeRows(f, { ...scale, columns: 1 }, k, pivotRow);
    f.set(sign, f64.neg(sign));
  });
}

/** Exchanges two rows. */
export function exchangeRows(f: FunctionBuilder, m: Matrix64, one: Expr<'i32'>, other: Expr<'i32'>): void {
  each(f, 0, m.columns, (j) => exchange(f, m, [one, j], [other, j]));
}

/**
 * sign · the product of the first n elements of a diagonal. It does not overflow on the way: powers of 2⁵⁰⁰ are counted
 * separately.
 */
export function productOfDiagonal(f: FunctionBuilder, m: Matrix64, n: number, sign: Expr<'f64'>): Local<'f64'> {
  const product = f.let(sign);
  const powers = f.local('i32', 0);
  const shift = (by: number, condition: Expr<'i32'>): void =>
    f.if(condition, () => {
      f.set(product, f64.mul(product, 2 ** (-500 * by)));
      f.increment(powers, by);
    });
  each(f, 0, n, (k) => {
    f.set(product, f64.mul(product, get(m, k, k)));
    shift(1, f64.gt(f64.abs(product), 2 ** 500));
    shift(-1, f64.lt(f64.abs(product), 2 ** -500));
  });
  // two of them exceed the range of float32 either way
  each(f, 0, 2, () => {
    f.if(i32.gt_s(powers, 0), () => f.set(product, f64.mul(product, 2 ** 500)));
    f.if(i32.lt_s(powers, 0), () => f.set(product, f64.mul(product, 2 ** -500)));
    f.set(powers, i32.sub(powers, i32.sub(i32.gt_s(powers, 0), i32.lt_s(powers, 0))));
  });
  return product;
}

/** Given [U | C], stores the solution X of U·X = C in C. */
function substituteBack(f: FunctionBuilder, rows: Matrix64): void {
  each(f, rows.rows, rows.columns, (j) => solveUpper(f, rows, rows.rows, j, (i) => get(rows, i, j)));
}

/** Given [U | C], stores the solution x of the first `size` equations U·x = right in column j of C. */
export function solveUpper(
  f: FunctionBuilder,
  rows: Matrix64,
  size: number,
  j: Expr<'i32'>,
  right: (i: Expr<'i32'>) => Expr<'f64'>,
): void {
  each(f, 0, size, (step) => {
    const i = f.let(i32.sub(size - 1, step));
    const known = sumOf(f, i32.add(i, 1), size, (k) => f64.mul(get(rows, i, k), get(rows, k, j)));
    put(f, rows, i, j, f64.div(f64.sub(right(i), known), get(rows, i, i)));
  });
}
