// The QR factorization, and least squares by it.

import { orthonormalize } from '@treadle/kernels';
import { ShapeError } from '../../calls/errors.ts';
import type { Node } from '../../node.ts';
import { type Shape, showShape } from '../../shape.ts';
import { add, neg, sub } from '../elementwise/arithmetic.ts';
import { cast } from '../elementwise/cast.ts';
import { reshape } from '../moves/moves.ts';
import { lowerTriangle, strictlyLower } from './cholesky.ts';
import { matmul } from './matmul.ts';
import { matrixNodes, stackOf, transposed } from './matrices.ts';
import { solveStack } from './solve.ts';

/** q [..., m, n] and r [..., n, n] of the matrices [count, m, n], m ≥ n; `outer`: the leading axes of the results. */
function factors(a: Node, outer: Shape): [q: Node, r: Node] {
  const [m = 0, n = 0] = a.shape.slice(1);
  const [first, second] = matrixNodes({
    name: 'qr',
    a,
    results: [
      { rows: m, columns: n, shape: [...outer, m, n] },
      { rows: n, columns: n, shape: [...outer, n, n] },
    ],
    kernel: (from, [toQ, toR], name) => orthonormalize({ name, a: from, q: toQ, r: toR }),
    // da = (dQ + Q·S)·R⁻ᵀ, S = M = R·dRᵀ − dQᵀ·Q below the diagonal and its mirror image above (S. Walter, L. Lehmann, 2018)
    gradient: ([dq, dr], [q, r]) => {
      if (!q || !r) throw new Error('internal: qr has two results');
      const ofQ = dq && neg(matmul(dq, q, { transposeA: true }));
      const ofR = dr && matmul(r, dr, { transposeB: true });
      const m = ofQ && ofR ? add(ofR, ofQ) : (ofQ ?? ofR);
      if (!m) return undefined;
      const turned = matmul(q, add(lowerTriangle(m), transposed(strictlyLower(m))));
      return transposed(solveStack(r, transposed(dq ? add(dq, turned) : turned)));
    },
  });
  if (!first || !second) throw new Error('internal: qr has two results');
  return [first, second];
}

/**
 * q [..., m, n] with orthonormal columns and r [..., n, n], upper triangular with a diagonal ≥ 0, of a = q·r; a [..., m, n], m ≥ n. A
 * column of a that is a sum of those before it is 0 in q.
 */
export function qr(a: Node): [q: Node, r: Node] {
  const { matrices, outer, m, n } = stackOf('qr', a);
  if (m < n) {
    throw new ShapeError(`qr: a must have as many rows as columns, or more; got ${showShape(a.shape)}; transpose() it`);
  }
  return factors(matrices, outer);
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
  const [q, r] = factors(matrices, [matrices.shape[0] ?? 1]);
  const solved = (b: Node): Node => solveStack(r, matmul(q, b, { transposeA: true }));
  const x = solved(right);
  // once more for what is left, which takes most of float32's rounding away
  const refined = add(x, solved(sub(right, matmul(matrices, x))));
  return isVector ? reshape(refined, [n]) : back(refined);
}
