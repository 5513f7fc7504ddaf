// The inverse: the solution for the identity matrix.

import type { Node } from '../../node.ts';
import { identities } from './matrix-entries.ts';
import { squareStackOf } from './matrix-op.ts';
import { solveStack } from './solve.ts';

/** a⁻¹ of a [..., n, n]; NaN where a is singular to the precision of float32. */
export function inv(a: Node): Node {
  const { matrices, n, back } = squareStackOf('inv', a);
  return back(solveStack(matrices, identities(matrices.shape[0] ?? 1, n)));
}
