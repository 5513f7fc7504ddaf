// The QR factorization.

import { orthonormalize } from '@treadle/kernels';
import { ShapeError } from '../../calls/errors.ts';
import type { Node } from '../../node.ts';
import { type Shape, showShape } from '../../shape.ts';
import { add, neg } from '../elementwise/arithmetic.ts';
import { matmul } from './matmul.ts';
import { lowerTriangle, strictlyLower } from './matrix-entries.ts';
import { matrixNodes, stackOf, transposed } from './matrix-op.ts';
import { solveStack } from './solve.ts';

/** q [..., m, n] and r [..., n, n] of the matrices [count, m, n], m ≥ n; `outer`: the leading axes of the results. */
export function factors(a: Node, outer: Shape): [q: Node, r: Node] {
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
      const projected = matmul(q, add(lowerTriangle(m), transposed(strictlyLower(m))));
      return transposed(solveStack(r, transposed(dq ? add(dq, projected) : projected)));
    },
  });
  if (!first || !second) throw new Error('internal: qr has two results');
  return [first, second];
}

/**
 * a [..., m, n] = q·r, m ≥ n: q [..., m, n] with orthonormal columns, r [..., n, n] upper triangular with a diagonal ≥ 0. Where a column
 * of a depends linearly on those before it, that column of q is 0.
 */
export function qr(a: Node): [q: Node, r: Node] {
  const { matrices, outer, m, n } = stackOf('qr', a);
  if (m < n) {
    throw new ShapeError(`qr: a must have as many rows as columns, or more; got ${showShape(a.shape)}; transpose() it`);
  }
  return factors(matrices, outer);
}
