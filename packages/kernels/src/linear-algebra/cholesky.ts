// The Cholesky factorization of symmetric positive definite matrices, column by column.

import { f64, i32, select } from '@treadle/wasm';
import type { Kernel, Operand } from '../core/kernel.ts';
import { bytesOf, each, get, type Matrix64, matrixKernel, narrow, put, sumOf, widen } from './matrix64.ts';

/** The operands of `cholesky`. */
export interface Cholesky {
  readonly name: string;
  /** [count, n, n]; the lower triangle is read */
  readonly a: Operand;
  /** [count, n, n] */
  readonly store: Operand;
}

/**
 * store = L, lower triangular, L·Lᵀ = a. NaN from the first column at which a is not positive definite to the precision of
 * float32.
 */
export function cholesky({ name, a, store }: Cholesky): Kernel {
  const [count = 1, n = 0] = a.view.shape;
  return matrixKernel({
    name,
    count: n === 0 ? 0 : count,
    cost: 0.5 * n * n * n + 10 * n,
    kind: 'cholesky',
    flops: (n * n * n) / 3,
    scratch: bytesOf(n, n),
    sources: [a],
    stores: [store],
    emit: (f, [from], [to], scratch) => {
      if (!from || !to) throw new Error('internal: cholesky needs a matrix');
      const m: Matrix64 = { base: scratch, rows: n, columns: n };
      widen(f, from, m, [n, n]);
      each(f, 0, n, (j) => {
        // Lⱼⱼ² = aⱼⱼ − Σ Lⱼₖ², which must be larger than the rounding error of aⱼⱼ
        const diagonal = f.let(get(m, j, j));
        const known = sumOf(f, 0, j, (k) => f64.mul(get(m, j, k), get(m, j, k)));
        const square = f.let(f64.sub(diagonal, known));
        const isPositive = f64.gt(square, f64.mul(diagonal, n * 2 ** -23));
        const root = f.let(select(f64.sqrt(square), f64.const(Number.NaN), isPositive));
        put(f, m, j, j, root);
        each(f, i32.add(j, 1), n, (i) => {
          // Lᵢⱼ = (aᵢⱼ − Σ Lᵢₖ·Lⱼₖ) / Lⱼⱼ
          const rest = sumOf(f, 0, j, (k) => f64.mul(get(m, i, k), get(m, j, k)));
          put(f, m, i, j, f64.div(f64.sub(get(m, i, j), rest), root));
        });
      });
      narrow(f, to, [n, n], (i, j) => select(get(m, i, j), f64.const(0), i32.le_s(j, i)));
    },
  });
}
