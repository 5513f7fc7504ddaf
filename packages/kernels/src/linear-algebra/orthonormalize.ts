// The QR factorization by modified Gram–Schmidt: each column is made orthogonal to the columns before it, and then of length 1.
// Each column is orthogonalized twice, which is enough (L. Giraud, J. Langou, M. Rozložník, 2005).

import { address, type FunctionBuilder, f64, type Local, select } from '@treadle/wasm';
import type { Kernel, Operand } from '../core/kernel.ts';
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

/** The operands of `orthonormalize`. */
export interface Orthonormalize {
  readonly name: string;
  /** [count, m, n], m ≥ n */
  readonly a: Operand;
  /** [count, m, n] */
  readonly q: Operand | undefined;
  /** [count, n, n], upper triangular */
  readonly r: Operand | undefined;
}

/**
 * a = q·r, the diagonal of r ≥ 0; computes the results that are not undefined. A column that depends linearly on the columns before
 * it, to the precision of float32, becomes 0 in q, and so does its row of r.
 */
export function orthonormalize({ name, a, q, r }: Orthonormalize): Kernel {
  const [count = 1, m = 0, n = 0] = a.view.shape;
  return matrixKernel({
    name,
    count: m * n === 0 ? 0 : count,
    cost: 8 * m * n * n + 10 * n,
    kind: 'orthonormalize',
    flops: 4 * m * n * n,
    scratch: bytesOf(m, n) + (r ? bytesOf(n, n) : 0),
    sources: [a],
    stores: [q, r],
    emit: (f, [from], [toColumns, toShares], scratch) => {
      if (!from) throw new Error('internal: orthonormalize needs a matrix');
      const columns: Matrix64 = { base: scratch, rows: m, columns: n };
      const shares = toShares && { base: f.let(address.add(scratch, bytesOf(m, n))), rows: n, columns: n };
      widen(f, from, columns, [m, n]);
      if (shares) setIdentity(f, shares); // zeros; the diagonal is stored later
      each(f, 0, n, (j) => {
        const before = f.let(lengthOf(f, columns, j));
        orthogonalize(f, columns, j, shares);
        const left = f.let(lengthOf(f, columns, j));
        // rounding its elements changes a column by 2⁻²⁴ of its length, however many elements it has
        const isRounding = f.let(f64.le(left, f64.mul(before, n * 2 ** -23)));
        const factor = f.let(select(f64.const(0), f64.div(1, left), isRounding));
        each(f, 0, m, (i) => put(f, columns, i, j, f64.mul(get(columns, i, j), factor)));
        if (shares) put(f, shares, j, j, select(f64.const(0), left, isRounding));
      });
      if (toColumns) narrow(f, toColumns, [m, n], (i, j) => get(columns, i, j));
      if (shares) narrow(f, toShares, [n, n], (i, j) => get(shares, i, j));
    },
  });
}

/** Subtracts from column j its projection onto each column before it, which are orthonormal; adds the coefficients to `shares`. */
export function orthogonalize(f: FunctionBuilder, q: Matrix64, j: Local<'i32'>, shares?: Matrix64): void {
  each(f, 0, 2, () => {
    each(f, 0, j, (k) => {
      const share = sumOf(f, 0, q.rows, (i) => f64.mul(get(q, i, k), get(q, i, j)));
      each(f, 0, q.rows, (i) => put(f, q, i, j, f64.sub(get(q, i, j), f64.mul(share, get(q, i, k)))));
      if (shares) put(f, shares, k, j, f64.add(get(shares, k, j), share));
    });
  });
}
