// Gaussian elimination with partial pivoting: the one factorization behind solve and det.

import { type Expr, type FunctionBuilder, f64, i32, type Local, select } from '@treadle/wasm';
import type { Kernel, Operand } from '../kernel.ts';
import {
  bytesOf,
  each,
  get,
  largestOf,
  type Matrix64,
  matrixKernel,
  narrow,
  place,
  put,
  sumOf,
  widen,
} from './matrix64.ts';

export interface Solve {
  readonly name: string;
  /** [count, n, n] */
  readonly a: Operand;
  /** [count, n, m] */
  readonly b: Operand;
  /** [count, n, m] */
  readonly store: Operand;
}

/** store = a⁻¹·b. NaN where a is singular to the precision of float32. */
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
    store,
    emit: (f, [left, right], to, scratch) => {
      if (!left || !right) throw new Error('internal: solve needs two matrices');
      const rows: Matrix64 = { base: scratch, rows: n, columns: width };
      widen(f, left, rows, [n, n]);
      widen(f, right, rows, [n, m], n);
      const { isSingular } = eliminate(f, rows, f.let(i32.add(scratch, bytesOf(n, width))));
      substituteBack(f, rows);
      narrow(f, to, [n, m], (i, j) => select(f64.const(Number.NaN), get(rows, i, i32.add(j, n)), isSingular));
    },
  });
}

export interface Determinant {
  readonly name: string;
  /** [count, n, n] */
  readonly a: Operand;
  /** [count, 1, 1] */
  readonly store: Operand;
}

/** store = det a, 1 where n is 0 */
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
    store,
    emit: (f, [from], to, scratch) => {
      if (!from) throw new Error('internal: det needs a matrix');
      const rows: Matrix64 = { base: scratch, rows: n, columns: n };
      widen(f, from, rows, [n, n]);
      const { sign } = eliminate(f, rows, f.let(i32.add(scratch, bytesOf(n, n))));
      each(f, 0, n, (k) => f.set(sign, f64.mul(sign, get(rows, k, k))));
      narrow(f, to, [1, 1], () => sign);
    },
  });
}

interface Eliminated {
  /** −1 where an odd number of rows were exchanged, else 1 */
  readonly sign: Local<'f64'>;
  /** whether some pivot was nothing but rounding */
  readonly isSingular: Local<'i32'>;
}

/**
 * Makes the square that `rows` begins with upper triangular; what stands beside it goes along. A pivot counts as rounding where
 * it is no more than n·2⁻²³ of what its row and its column held at first, in proportion to the whole: a measure that does not
 * change when rows or columns are scaled. `scales` has room for 2·n numbers.
 */
function eliminate(f: FunctionBuilder, rows: Matrix64, scales: Expr<'i32'>): Eliminated {
  const { rows: n, columns: width } = rows;
  const sign = f.local('f64', 1);
  const isSingular = f.local('i32', 0);
  const scale: Matrix64 = { base: scales, rows: 2, columns: n }; // of rows, of columns
  each(f, 0, n, (i) => {
    put(
      f,
      scale,
      0,
      i,
      largestOf(f, 0, n, (j) => f64.abs(get(rows, i, j))),
    );
    put(
      f,
      scale,
      1,
      i,
      largestOf(f, 0, n, (j) => f64.abs(get(rows, j, i))),
    );
  });
  const whole = largestOf(f, 0, n, (i) => get(scale, 0, i));
  each(f, 0, n, (k) => {
    const pivotRow = f.let<'i32'>(k);
    each(f, i32.add(k, 1), n, (i) => {
      const isLarger = f64.gt(f64.abs(get(rows, i, k)), f64.abs(get(rows, pivotRow, k)));
      f.set(pivotRow, select(i, pivotRow, isLarger));
    });
    f.if(i32.ne(pivotRow, k), () => {
      exchange(f, rows, k, pivotRow, width);
      exchange(f, { ...scale, columns: 1 }, k, pivotRow, 1);
      f.set(sign, f64.neg(sign));
    });
    const pivot = f.let(get(rows, k, k));
    const size = f.let(f64.mul(get(scale, 0, k), get(scale, 1, k)));
    const isRounding = f64.le(f64.mul(f64.abs(pivot), whole), f64.mul(size, n * 2 ** -23));
    f.set(isSingular, i32.or(isSingular, isRounding));
    each(f, i32.add(k, 1), n, (i) => {
      const factor = f.let(f64.div(get(rows, i, k), pivot));
      each(f, i32.add(k, 1), width, (j) => {
        const at = f.let(place(rows, i, j));
        f.do(f64.store(at, f64.sub(f64.load(at), f64.mul(factor, get(rows, k, j)))));
      });
    });
  });
  return { sign, isSingular };
}

function exchange(f: FunctionBuilder, m: Matrix64, one: Expr<'i32'>, other: Expr<'i32'>, width: number): void {
  each(f, 0, width, (j) => {
    const kept = f.let(get(m, one, j));
    put(f, m, one, j, get(m, other, j));
    put(f, m, other, j, kept);
  });
}

/** Given [U | C], makes C the solution of U·X = C. */
function substituteBack(f: FunctionBuilder, rows: Matrix64): void {
  const { rows: n, columns: width } = rows;
  each(f, 0, n, (step) => {
    const i = f.let(i32.sub(n - 1, step));
    each(f, n, width, (j) => {
      const known = sumOf(f, i32.add(i, 1), n, (k) => f64.mul(get(rows, i, k), get(rows, k, j)));
      put(f, rows, i, j, f64.div(f64.sub(get(rows, i, j), known), get(rows, i, i)));
    });
  });
}
