// Eigenvalues and eigenvectors of symmetric matrices by Jacobi's method, to the last place.

import { address, type Expr, type FunctionBuilder, f64, type Local } from '@treadle/wasm';
import type { Kernel, Operand } from '../core/kernel.ts';
import { order, type Rotation, rotateColumns, rotationFor, scaleColumn, signOf, sweep } from './jacobi.ts';
import { bytesOf, each, get, type Matrix64, matrixKernel, narrow, put, setIdentity, widen } from './matrix64.ts';

/** The operands of `eigen`. */
export interface Eigen {
  readonly name: string;
  /** [count, n, n], symmetric */
  readonly a: Operand;
  /** [count, n, 1], in ascending order */
  readonly values: Operand | undefined;
  /** [count, n, n], the eigenvectors as columns in that order */
  readonly vectors: Operand | undefined;
}

/** Computes the results that are not undefined. The first of the largest elements of an eigenvector is positive. */
export function eigen({ name, a, values, vectors }: Eigen): Kernel {
  const [count = 1, n = 0] = a.view.shape;
  const passes = vectors ? 3 : 2; // over n elements for each rotation
  return matrixKernel({
    name,
    count: n === 0 ? 0 : count,
    cost: 40 * passes * n * n * n + 50,
    kind: 'eigen',
    flops: 12 * passes * n * n * n, // in six sweeps
    scratch: (vectors ? 2 : 1) * bytesOf(n, n) + bytesOf(n, 1),
    sources: [a],
    stores: [values, vectors],
    emit: (f, [from], [toValues, toVectors], scratch) => {
      if (!from) throw new Error('internal: eigen needs a matrix');
      const work: Matrix64 = { base: scratch, rows: n, columns: n };
      const found: Matrix64 = { base: f.let(address.add(scratch, bytesOf(n, n))), rows: n, columns: 1 };
      const rotated = toVectors && { ...work, base: f.let(address.add(found.base, bytesOf(n, 1))) };
      widen(f, from, work, [n, n]);
      if (rotated) setIdentity(f, rotated);
      sweep(f, n, (p, q) => rotateSymmetric(f, work, rotated, p, q));
      each(f, 0, n, (j) => put(f, found, j, 0, get(work, j, j)));
      order(f, found, rotated ? [rotated] : [], true);
      if (toValues) narrow(f, toValues, [n, 1], (i) => get(found, i, 0));
      if (!rotated) return;
      each(f, 0, n, (j) => scaleColumn(f, rotated, j, f.let(signOf(f, rotated, j))));
      narrow(f, toVectors, [n, n], (i, j) => get(rotated, i, j));
    },
  });
}

/** Rows p and q ← c·p − s·q, s·p + c·q */
function rotateRows(f: FunctionBuilder, m: Matrix64, { cosine, sine }: Rotation, p: Expr<'i32'>, q: Expr<'i32'>): void {
  each(f, 0, m.columns, (j) => {
    const [x, y] = [f.let(get(m, p, j)), f.let(get(m, q, j))];
    put(f, m, p, j, f64.sub(f64.mul(cosine, x), f64.mul(sine, y)));
    put(f, m, q, j, f64.add(f64.mul(sine, x), f64.mul(cosine, y)));
  });
}

/** a ← JᵀaJ, vectors ← vectors·J, where the rotation J makes element (p, q) of a 0. Leaves whether it had to. */
function rotateSymmetric(
  f: FunctionBuilder,
  a: Matrix64,
  vectors: Matrix64 | undefined,
  p: Local<'i32'>,
  q: Local<'i32'>,
): Expr<'i32'> {
  const off = f.let(get(a, p, q));
  // otherwise it is too small to change the diagonal in float64
  const size = f64.add(f64.abs(get(a, p, p)), f64.abs(get(a, q, q)));
  const isLarge = f.let(f64.gt(f64.abs(off), f64.max(f64.mul(size, 2 ** -54), 1e-300)));
  f.if(isLarge, () => {
    const rotation = rotationFor(f, get(a, p, p), get(a, q, q), off);
    rotateColumns(f, a, rotation, p, q);
    rotateRows(f, a, rotation, p, q);
    if (vectors) rotateColumns(f, vectors, rotation, p, q);
    put(f, a, p, q, 0);
    put(f, a, q, p, 0);
  });
  return isLarge;
}
