// The cofactors of a matrix, also where it has no inverse. By elimination with complete pivoting, P·a·Q = L·U, the adjugate of a is
// ±Q·adj U·L⁻¹·P (G. Stewart, On the adjugate matrix, 1998). A pivot that is nearly 0 comes last on the diagonal of U, and adj U
// does not divide by the last one.

import { address, type Expr, type FunctionBuilder, f64, i32, type Local, select } from '@treadle/wasm';
import type { Kernel, Operand } from '../core/kernel.ts';
import { eliminate, exchangeRows, productOfDiagonal, solveUpper } from './lu.ts';
import { bytesOf, each, get, type Matrix64, matrixKernel, narrow, put, setIdentity, widen } from './matrix64.ts';

/** The operands of `cofactors`. */
export interface Cofactors {
  readonly name: string;
  /** [count, n, n] */
  readonly a: Operand;
  /** [count, n, n] */
  readonly store: Operand;
}

/**
 * store = the transpose of the adjugate of a: det a·a⁻ᵀ where a has an inverse; of rank 1 where the rank of a is n − 1; 0 where
 * the rank is less.
 */
export function cofactors({ name, a, store }: Cofactors): Kernel {
  const [count = 1, n = 0] = a.view.shape;
  return matrixKernel({
    name,
    count: n === 0 ? 0 : count,
    cost: 4 * n * n * n + 10 * n,
    kind: 'cofactors',
    flops: (8 / 3) * n * n * n,
    scratch: bytesOf(n, 2 * n) + 3 * bytesOf(n, 1),
    sources: [a],
    stores: [store],
    emit: (f, [from], [to], scratch) => {
      if (!from || !to) throw new Error('internal: cofactors need a matrix');
      const rows: Matrix64 = { base: scratch, rows: n, columns: 2 * n };
      const exchanged: Matrix64 = { base: f.let(address.add(scratch, bytesOf(n, 2 * n))), rows: n, columns: 1 };
      widen(f, from, rows, [n, n]);
      setIdentity(f, rows, n);
      const { sign } = eliminate(f, rows, f.let(address.add(exchanged.base, bytesOf(n, 1))), exchanged);
      // [U | L⁻¹·P], U = [[W, w], [0, δ]]
      const size = productOfDiagonal(f, rows, n - 1, sign);
      each(f, n, 2 * n, (j) => multiplyByAdjugate(f, rows, j, size));
      each(f, 0, n, (step) => {
        const k = f.let(i32.sub(n - 1, step));
        exchangeRows(f, rows, k, f.let(i32.trunc_sat_f64_s(get(exchanged, k, 0))));
      });
      narrow(f, to, [n, n], (i, j) => get(rows, j, i32.add(i, n)));
    },
  });
}

/** Column j: b ← adj U·b = [det W·W⁻¹·(δ·b₁ − w·b₂), det W·b₂], b₂ the last element of b; 0 where W is singular. */
function multiplyByAdjugate(f: FunctionBuilder, rows: Matrix64, j: Local<'i32'>, size: Expr<'f64'>): void {
  const last = rows.rows - 1;
  const [pivot, end] = [f.let(get(rows, last, last)), f.let(get(rows, last, j))];
  solveUpper(f, rows, last, j, (i) => f64.sub(f64.mul(pivot, get(rows, i, j)), f64.mul(get(rows, i, last), end)));
  each(f, 0, rows.rows, (i) => {
    put(f, rows, i, j, select(f64.const(0), f64.mul(size, get(rows, i, j)), f64.eq(size, 0)));
  });
}
