// The QR factorization, and least squares by it.

import { orthonormalize } from '@treadle/kernels';
import { ShapeError } from '../errors.ts';
import type { Node } from '../node.ts';
import { showShape } from '../shape.ts';
import { add, neg, sub } from './arithmetic.ts';
import { cast } from './cast.ts';
import { lowerTriangle, strictlyLower } from './cholesky.ts';
import { matmul } from './matmul.ts';
import { matrixNode, only, stackOf, transposed } from './matrices.ts';
import { reshape } from './moves.ts';
import { solveStack } from './solve.ts';

/** R = Qᵀ·a, whose part below the diagonal is 0. */
function triangleOf(q: Node, a: Node): Node {
  return transposed(lowerTriangle(matmul(a, q, { transposeA: true })));
}

/** The columns of a [count, m, n], m ≥ n, made orthogonal and of length 1. */
function orthonormal(a: Node): Node {
  return matrixNode({
    name: 'orthonormalize',
    inputs: [a],
    shape: a.shape,
    kernel: (sources, store, name) => orthonormalize({ name, a: only(sources), store }),
    // da = (dQ + Q·S)·R⁻ᵀ, S = M below the diagonal and its mirror image above, M = −dQᵀ·Q (S. Walter, L. Lehmann, 2018)
    gradient: (dq, q) => {
      const m = neg(matmul(dq, q, { transposeA: true }));
      const mirrored = add(lowerTriangle(m), transposed(strictlyLower(m)));
      const right = add(dq, matmul(q, mirrored));
      return [transposed(solveStack(triangleOf(q, a), transposed(right)))];
    },
  });
}

/**
 * q [..., m, n] with orthonormal columns and r [..., n, n], upper triangular with a diagonal ≥ 0, of a = q·r; a [..., m, n], m ≥ n. A
 * column of a that is a sum of those before it is 0 in q.
 */
export function qr(a: Node): [q: Node, r: Node] {
  const { matrices, m, n, back } = stackOf('qr', a);
  if (m < n) {
    throw new ShapeError(`qr: a must have as many rows as columns, or more; got ${showShape(a.shape)}; transpose() it`);
  }
  const q = orthonormal(matrices);
  return [back(q), back(triangleOf(q, matrices))];
}

/**
 * The x that makes ‖a·x − b‖ least: a [..., m, n], m ≥ n, b [..., m, k] or, of one axis, [m]. NaN where columns of a depend on each
 * other to the precision of float32.
 */
export function lstsq(a: Node, b: Node): Node {
  const { matrices, outer, m, n, back } = stackOf('lstsq', a);
  const isVector = b.shape.length === 1;
  const columns = isVector ? reshape(b, [...b.shape, 1]) : b;
  const [rows, k = 1] = columns.shape.slice(-2);
  const leading = columns.shape.slice(0, -2);
  const isAlike = isVector
    ? outer.length === 0
    : leading.length === outer.length && leading.every((e, i) => e === outer[i]);
  if (m < n || rows !== m || !isAlike) {
    throw new ShapeError(
      `lstsq: a must have as many rows as columns, or more, and b a row for each; got ${showShape(a.shape)} and ${showShape(b.shape)}`,
    );
  }
  const right = reshape(cast(columns, 'float32'), [matrices.shape[0] ?? 1, m, k]);
  const q = orthonormal(matrices);
  const x = solveStack(triangleOf(q, matrices), matmul(q, right, { transposeA: true }));
  // once more for what is left, which takes most of float32's rounding away
  const refined = add(
    x,
    solveStack(triangleOf(q, matrices), matmul(q, sub(right, matmul(matrices, x)), { transposeA: true })),
  );
  return isVector ? reshape(refined, [n]) : back(refined);
}
