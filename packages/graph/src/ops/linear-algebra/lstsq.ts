// Least squares, by the QR factorization.

import { ShapeError } from '../../calls/errors.ts';
import type { Node } from '../../node.ts';
import { showShape } from '../../shape.ts';
import { add, sub } from '../elementwise/arithmetic.ts';
import { reshape } from '../moves/reshape.ts';
import { matmul } from './matmul.ts';
import { stackOf } from './matrix-op.ts';
import { factors } from './qr.ts';
import { rightHandSide, solveStack } from './solve.ts';

/**
 * The x that minimizes ‖a·x − b‖: a [..., m, n], m ≥ n, b [..., m, k], or b [m] for a single matrix. NaN where columns of a depend on
 * each other to the precision of float32.
 */
export function lstsq(a: Node, b: Node): Node {
  const { matrices, outer, m, n, back } = stackOf('lstsq', a);
  const right = rightHandSide(b, matrices, outer);
  if (m < n || !right) {
    throw new ShapeError(
      `lstsq: a must have as many rows as columns, or more, and b a row for each; got ${showShape(a.shape)} and ${showShape(b.shape)}`,
    );
  }
  const [q, r] = factors(matrices, [matrices.shape[0] ?? 1]);
  const solved = (b: Node): Node => solveStack(r, matmul(q, b, { transposeA: true }));
  const x = solved(right);
  // one step of iterative refinement, which removes most of the rounding error of float32
  const refined = add(x, solved(sub(right, matmul(matrices, x))));
  return b.shape.length === 1 ? reshape(refined, [n]) : back(refined);
}
