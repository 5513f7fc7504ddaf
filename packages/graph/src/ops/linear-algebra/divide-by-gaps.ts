// Division by the differences of eigenvalues or singular values, which the gradients of eigh and svd need.

import type { Node } from '../../node.ts';
import { div } from '../elementwise/arithmetic.ts';
import { logicalAnd, logicalNot, logicalOr, notEqual, where } from '../elementwise/comparison.ts';
import { isDiagonal } from './matrix-entries.ts';
import { transposed } from './matrix-op.ts';

/**
 * x / gaps off the diagonal; 0 where `asked` is 0 both at [i, j] and at [j, i], because then the gradient does not depend on vectors i
 * and j. So vectors of equal values, which are not a function of the matrix, make a gradient infinite or NaN only if it uses them.
 */
export function overGaps(x: Node, gaps: Node, asked: readonly Node[]): Node {
  const isAnywhere = asked.map((part) => notEqual(part, 0)).reduce((a, b) => logicalOr(a, b));
  return overWhere(logicalAnd(logicalOr(isAnywhere, transposed(isAnywhere)), logicalNot(isDiagonal(x))), x, gaps);
}

/** x / y where the condition holds, 0 elsewhere; where it does not hold, y influences neither value nor gradient. */
export function overWhere(condition: Node, x: Node, y: Node): Node {
  return where(condition, div(x, where(condition, y, 1)), 0);
}
