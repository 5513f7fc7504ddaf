// Columns made orthogonal to those before them, and of length 1: Gram and Schmidt, each column twice, which is enough (L. Giraud,
// J. Langou, M. Rozložník, 2005).

import { type FunctionBuilder, f64, type Local, select } from '@treadle/wasm';
import type { Kernel, Operand } from '../kernel.ts';
import { bytesOf, each, get, lengthOf, type Matrix64, matrixKernel, narrow, put, sumOf, widen } from './matrix64.ts';

export interface Orthonormalize {
  readonly name: string;
  /** [count, m, n], m ≥ n */
  readonly a: Operand;
  /** [count, m, n] */
  readonly store: Operand;
}

/** store = Q of a = Q·R, the diagonal of R positive. A column that is a sum of those before, to float32's precision, is 0 in Q. */
export function orthonormalize({ name, a, store }: Orthonormalize): Kernel {
  const [count = 1, m = 0, n = 0] = a.view.shape;
  return matrixKernel({
    name,
    count: m * n === 0 ? 0 : count,
    cost: 8 * m * n * n + 10 * n,
    kind: 'orthonormalize',
    flops: 4 * m * n * n,
    scratch: bytesOf(m, n),
    sources: [a],
    store,
    emit: (f, [from], to, scratch) => {
      if (!from) throw new Error('internal: orthonormalize needs a matrix');
      const q: Matrix64 = { base: scratch, rows: m, columns: n };
      widen(f, from, q, [m, n]);
      each(f, 0, n, (j) => {
        const before = f.let(lengthOf(f, q, j));
        orthogonalize(f, q, j);
        const left = f.let(lengthOf(f, q, j));
        // rounding of its elements moves a column by 2⁻²⁴ of its length, however many elements it has
        const isRounding = f64.le(left, f64.mul(before, n * 2 ** -23));
        const factor = f.let(select(f64.const(0), f64.div(1, left), isRounding));
        each(f, 0, m, (i) => put(f, q, i, j, f64.mul(get(q, i, j), factor)));
      });
      narrow(f, to, [m, n], (i, j) => get(q, i, j));
    },
  });
}

/** Takes from column j its share in each of the columns before it, which are orthonormal. */
export function orthogonalize(f: FunctionBuilder, q: Matrix64, j: Local<'i32'>): void {
  each(f, 0, 2, () => {
    each(f, 0, j, (k) => {
      const share = sumOf(f, 0, q.rows, (i) => f64.mul(get(q, i, k), get(q, i, j)));
      each(f, 0, q.rows, (i) => put(f, q, i, j, f64.sub(get(q, i, j), f64.mul(share, get(q, i, k)))));
    });
  });
}
