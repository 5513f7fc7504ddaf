// Division by the differences of eigenvalues or singular values, which the gradients of eigh and svd need.

import type { Node } from '../../node.ts';
import { div } from '../elementwise/arithmetic.ts';
import { logicalAnd, logicalNot, logicalOr, notEqual, where } from '../elementwise/comparison.ts';
import { isDiagonal } from './matrix-entries.ts';
import { transposed } from './matrix-op.ts';

/**
 * x / gaps off the diagonal; 0 where nothing is asked of vectors i and j, neither by [i, j] nor by [j, i]. So vectors of equal
 * values, which are no function of the matrix, make a gradient NaN or infinite only if it depends on them.
 */
export function overGaps(x: Node, gaps: Node, asked: readonly Node[]): Node {
  const isAnywhere = asked.map((part) => notEqual(part, 0)).reduce((a, b) => logicalOr(a, b));
  return overWhere(logicalAnd(logicalOr(isAnywhere, transposed(isAnywhere)), logicalNot(isDiagonal(x))), x, gaps);
}

/** x / y where the condition holds, else 0; y has no part in it elsewhere, nor in its gradient. */
export function overWhere(condition: Node, x: Node, y: Node): Node {
  return where(condition, div(x, where(condition, y, 1)), 0);
}
