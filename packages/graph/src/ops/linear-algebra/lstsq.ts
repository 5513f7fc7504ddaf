// Least squares, by the QR factorization.

import { ShapeError } from '../../calls/errors.ts';
import type { Node } from '../../node.ts';
import { showShape } from '../../shape.ts';
import { add, sub } from '../elementwise/arithmetic.ts';
import { cast } from '../elementwise/cast.ts';
import { reshape } from '../moves/reshape.ts';
import { matmul } from './matmul.ts';
import { stackOf } from './matrix-op.ts';
import { factors } from './qr.ts';
import { solveStack } from './solve.ts';

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
