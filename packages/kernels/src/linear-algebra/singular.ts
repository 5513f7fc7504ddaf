// The singular value decomposition by one-sided Jacobi (M. Hestenes, 1958): columns are turned until they are orthogonal; then
// their lengths are the singular values, and what turned them the right vectors, each to the last place.

import { type Expr, type FunctionBuilder, f64, i32, type Local, select } from '@treadle/wasm';
import type { Kernel, Operand } from '../kernel.ts';
import { order, scaleColumn, signOf, sweep, turn, turnFor } from './jacobi.ts';
import {
  below,
  bytesOf,
  each,
  get,
  lengthOf,
  type Matrix64,
  matrixKernel,
  narrow,
  put,
  setIdentity,
  sumOf,
  widen,
} from './matrix64.ts';
import { orthogonalize } from './orthonormalize.ts';

export interface Singular {
  readonly name: string;
  /** [count, m, n], m ≥ n */
  readonly a: Operand;
  /** [count, m + n + 1, n] */
  readonly store: Operand;
}

/**
 * store = U [m, n], below it V [n, n], below it a row of s, falling, of a = U·diag(s)·Vᵀ. The columns of U and V are orthonormal
 * whatever the rank of a. The largest element of a column of V, the first of them, is positive.
 */
export function singular({ name, a, store }: Singular): Kernel {
  const [count = 1, m = 0, n = 0] = a.view.shape;
  return matrixKernel({
    name,
    count: n === 0 ? 0 : count,
    cost: 60 * (m + n) * n * n + 50,
    kind: 'singular',
    flops: 18 * (m + n) * n * n, // of six rounds
    scratch: bytesOf(m, n) + bytesOf(n, n) + bytesOf(n, 1),
    sources: [a],
    store,
    emit: (f, [from], to, scratch) => {
      if (!from) throw new Error('internal: singular needs a matrix');
      const left: Matrix64 = { base: scratch, rows: m, columns: n };
      const right: Matrix64 = { base: f.let(i32.add(scratch, bytesOf(m, n))), rows: n, columns: n };
      const values: Matrix64 = { base: f.let(i32.add(right.base, bytesOf(n, n))), rows: n, columns: 1 };
      widen(f, from, left, [m, n]);
      setIdentity(f, right);
      sweep(f, n, (p, q) => turnColumns(f, left, right, p, q));
      each(f, 0, n, (j) => put(f, values, j, 0, lengthOf(f, left, j)));
      order(f, values, [left, right], false);
      each(f, 0, n, (j) => {
        const sign = f.let(signOf(f, right, j));
        scaleColumn(f, right, j, sign);
        normalize(f, left, values, j, sign);
      });
      narrow(f, to, [m, n], (i, j) => get(left, i, j));
      narrow(f, below(to, m), [n, n], (i, j) => get(right, i, j));
      narrow(f, below(to, m + n), [1, n], (_, j) => get(values, j, 0));
    },
  });
}

/** Makes column j a unit vector: itself times sign / length; where it is nothing but rounding, one orthogonal to those before it. */
function normalize(f: FunctionBuilder, u: Matrix64, lengths: Matrix64, j: Local<'i32'>, sign: Expr<'f64'>): void {
  const length = f.let(get(lengths, j, 0));
  const rounding = f64.mul(get(lengths, 0, 0), u.rows * 2 ** -50);
  f.if(
    f64.le(length, rounding),
    () => complete(f, u, j),
    () => scaleColumn(f, u, j, f.let(f64.div(sign, length))),
  );
}

/**
 * Column j ← what is left of an axis without its share in the columns before it. The axis is the first of those that lie in their
 * space the least, so at least 1 / √m of it is left.
 */
function complete(f: FunctionBuilder, u: Matrix64, j: Local<'i32'>): void {
  const axis = f.local('i32', 0);
  const least = f.local('f64', Number.POSITIVE_INFINITY);
  each(f, 0, u.rows, (i) => {
    const share = sumOf(f, 0, j, (k) => f64.mul(get(u, i, k), get(u, i, k)));
    f.set(axis, select(i, axis, f64.lt(share, least)));
    f.set(least, f64.min(share, least));
  });
  each(f, 0, u.rows, (i) => put(f, u, i, j, f64.convert_i32_s(i32.eq(i, axis))));
  orthogonalize(f, u, j);
  scaleColumn(f, u, j, f.let(f64.div(1, lengthOf(f, u, j))));
}

/** Makes columns p and q orthogonal, to the rounding of a sum of their elements' products. */
function turnColumns(
  f: FunctionBuilder,
  a: Matrix64,
  vectors: Matrix64,
  p: Local<'i32'>,
  q: Local<'i32'>,
): Expr<'i32'> {
  const product = (x: Expr<'i32'>, y: Expr<'i32'>): Local<'f64'> =>
    sumOf(f, 0, a.rows, (i) => f64.mul(get(a, i, x), get(a, i, y)));
  const [pp, qq, pq] = [product(p, p), product(q, q), product(p, q)];
  const size = f64.mul(f64.sqrt(pp), f64.sqrt(qq));
  const isLarge = f.let(f64.gt(f64.abs(pq), f64.max(f64.mul(size, Math.sqrt(a.rows) * 2 ** -52), 1e-300)));
  f.if(isLarge, () => {
    const angle = turnFor(f, pp, qq, pq);
    turn(f, a, angle, p, q);
    turn(f, vectors, angle, p, q);
  });
  return isLarge;
}
