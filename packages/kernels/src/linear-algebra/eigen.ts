// Eigenvalues and eigenvectors of symmetric matrices by Jacobi's method, each to the last place.

import { type Expr, type FunctionBuilder, f64, i32, type Local } from '@treadle/wasm';
import type { Kernel, Operand } from '../core/kernel.ts';
import { order, scaleColumn, signOf, sweep, type Turn, turn, turnFor } from './jacobi.ts';
import { bytesOf, each, get, type Matrix64, matrixKernel, narrow, put, setIdentity, widen } from './matrix64.ts';

export interface Eigen {
  readonly name: string;
  /** [count, n, n], symmetric */
  readonly a: Operand;
  /** [count, n, 1], rising */
  readonly values: Operand | undefined;
  /** [count, n, n], as columns in that order */
  readonly vectors: Operand | undefined;
}

/** What of the two is needed. The sign of a vector is such that its largest element, the first of them, is positive. */
export function eigen({ name, a, values, vectors }: Eigen): Kernel {
  const [count = 1, n = 0] = a.view.shape;
  const passes = vectors ? 3 : 2; // over n elements for each turn
  return matrixKernel({
    name,
    count: n === 0 ? 0 : count,
    cost: 40 * passes * n * n * n + 50,
    kind: 'eigen',
    flops: 12 * passes * n * n * n, // of six rounds
    scratch: (vectors ? 2 : 1) * bytesOf(n, n) + bytesOf(n, 1),
    sources: [a],
    stores: [values, vectors],
    emit: (f, [from], [toValues, toVectors], scratch) => {
      if (!from) throw new Error('internal: eigen needs a matrix');
      const work: Matrix64 = { base: scratch, rows: n, columns: n };
      const found: Matrix64 = { base: f.let(i32.add(scratch, bytesOf(n, n))), rows: n, columns: 1 };
      const turned = toVectors && { ...work, base: f.let(i32.add(found.base, bytesOf(n, 1))) };
      widen(f, from, work, [n, n]);
      if (turned) setIdentity(f, turned);
      sweep(f, n, (p, q) => turnSymmetric(f, work, turned, p, q));
      each(f, 0, n, (j) => put(f, found, j, 0, get(work, j, j)));
      order(f, found, turned ? [turned] : [], true);
      if (toValues) narrow(f, toValues, [n, 1], (i) => get(found, i, 0));
      if (!turned) return;
      each(f, 0, n, (j) => scaleColumn(f, turned, j, f.let(signOf(f, turned, j))));
      narrow(f, toVectors, [n, n], (i, j) => get(turned, i, j));
    },
  });
}

/** Rows p and q ← c·p − s·q, s·p + c·q */
function turnRows(f: FunctionBuilder, m: Matrix64, { cosine, sine }: Turn, p: Expr<'i32'>, q: Expr<'i32'>): void {
  each(f, 0, m.columns, (j) => {
    const [x, y] = [f.let(get(m, p, j)), f.let(get(m, q, j))];
    put(f, m, p, j, f64.sub(f64.mul(cosine, x), f64.mul(sine, y)));
    put(f, m, q, j, f64.add(f64.mul(sine, x), f64.mul(cosine, y)));
  });
}

/** JᵀAJ: makes element (p, q) 0. */
function turnSymmetric(
  f: FunctionBuilder,
  a: Matrix64,
  vectors: Matrix64 | undefined,
  p: Local<'i32'>,
  q: Local<'i32'>,
): Expr<'i32'> {
  const off = f.let(get(a, p, q));
  // beside the diagonal, it is less than float64 can tell
  const size = f64.add(f64.abs(get(a, p, p)), f64.abs(get(a, q, q)));
  const isLarge = f.let(f64.gt(f64.abs(off), f64.max(f64.mul(size, 2 ** -54), 1e-300)));
  f.if(isLarge, () => {
    const angle = turnFor(f, get(a, p, p), get(a, q, q), off);
    turn(f, a, angle, p, q);
    turnRows(f, a, angle, p, q);
    if (vectors) turn(f, vectors, angle, p, q);
    put(f, a, p, q, 0);
    put(f, a, q, p, 0);
  });
  return isLarge;
}
