// The singular value decomposition by one-sided Jacobi (M. Hestenes, 1958): columns are rotated until they are orthogonal; then
// their lengths are the singular values, and the product of the rotations has the right vectors, each to the last place.

import { address, type Expr, type FunctionBuilder, f64, i32, type Local, select } from '@treadle/wasm';
import type { Kernel, Operand } from '../core/kernel.ts';
import { order, rotateColumns, rotationFor, scaleColumn, signOf, sweep } from './jacobi.ts';
import {
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

/** The operands of `singular`. */
export interface Singular {
  readonly name: string;
  /** [count, m, n], m ≥ n */
  readonly a: Operand;
  /** [count, m, n] */
  readonly left: Operand | undefined;
  /** [count, 1, n], in descending order */
  readonly values: Operand | undefined;
  /** [count, n, n] */
  readonly right: Operand | undefined;
}

/**
 * a = left·diag(values)·rightᵀ; computes the results that are not undefined. The columns of left and right are orthonormal whatever
 * the rank of a. The first of the largest elements of a column of right is positive.
 */
export function singular({ name, a, left, values, right }: Singular): Kernel {
  const [count = 1, m = 0, n = 0] = a.view.shape;
  const hasVectors = left !== undefined || right !== undefined; // the signs of left are those of right
  const rows = hasVectors ? m + n : m; // that are rotated
  return matrixKernel({
    name,
    count: n === 0 ? 0 : count,
    cost: 60 * rows * n * n + 50,
    kind: 'singular',
    flops: 18 * rows * n * n, // in six sweeps
    scratch: bytesOf(rows, n) + bytesOf(n, 1),
    sources: [a],
    stores: [left, values, right],
    emit: (f, [from], [toLeft, toValues, toRight], scratch) => {
      if (!from) throw new Error('internal: singular needs a matrix');
      const u: Matrix64 = { base: scratch, rows: m, columns: n };
      const sizes: Matrix64 = { base: f.let(address.add(scratch, bytesOf(m, n))), rows: n, columns: 1 };
      const v = hasVectors && { base: f.let(address.add(sizes.base, bytesOf(n, 1))), rows: n, columns: n };
      const rotated = v ? [u, v] : [u];
      widen(f, from, u, [m, n]);
      if (v) setIdentity(f, v);
      sweep(f, n, (p, q) => orthogonalizePair(f, u, rotated, p, q));
      each(f, 0, n, (j) => put(f, sizes, j, 0, lengthOf(f, u, j)));
      order(f, sizes, v ? rotated : [], false);
      if (v) {
        each(f, 0, n, (j) => {
          const sign = f.let(signOf(f, v, j));
          scaleColumn(f, v, j, sign);
          if (toLeft) normalize(f, u, sizes, j, sign);
        });
        if (toRight) narrow(f, toRight, [n, n], (i, j) => get(v, i, j));
      }
      if (toLeft) narrow(f, toLeft, [m, n], (i, j) => get(u, i, j));
      if (toValues) narrow(f, toValues, [1, n], (_, j) => get(sizes, j, 0));
    },
  });
}

/** Makes column j a unit vector: itself · sign / length; where it is only rounding, one orthogonal to the columns before it. */
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
 * Column j ← a coordinate axis without its projection onto the columns before it, which are orthonormal. The
 * axis is the one with the shortest projection, so at least 1 / √m of it is left.
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

/**
 * Rotates columns p and q of all `rotated` matrices so that those of a are orthogonal, up to the rounding of their inner product.
 * Leaves whether it had to.
 */
function orthogonalizePair(
  f: FunctionBuilder,
  a: Matrix64,
  rotated: readonly Matrix64[],
  p: Local<'i32'>,
  q: Local<'i32'>,
): Expr<'i32'> {
  const product = (x: Expr<'i32'>, y: Expr<'i32'>): Local<'f64'> =>
    sumOf(f, 0, a.rows, (i) => f64.mul(get(a, i, x), get(a, i, y)));
  const [pp, qq, pq] = [product(p, p), product(q, q), product(p, q)];
  const size = f64.mul(f64.sqrt(pp), f64.sqrt(qq));
  const isLarge = f.let(f64.gt(f64.abs(pq), f64.max(f64.mul(size, Math.sqrt(a.rows) * 2 ** -52), 1e-300)));
  f.if(isLarge, () => {
    const rotation = rotationFor(f, pp, qq, pq);
    for (const m of rotated) rotateColumns(f, m, rotation, p, q);
  });
  return isLarge;
}
