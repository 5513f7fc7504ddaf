// Linear equations, by elimination in float64. The gradient solves the same equations with the matrix transposed.

import { solve as solveKernel } from '@treadle/kernels';
import { ShapeError } from '../../calls/errors.ts';
import type { Node } from '../../node.ts';
import { showShape } from '../../shape.ts';
import { neg } from '../elementwise/arithmetic.ts';
import { cast } from '../elementwise/cast.ts';
import { reshape } from '../moves/reshape.ts';
import { matmul } from './matmul.ts';
import { matrixNode, squareStackOf, transposed } from './matrix-op.ts';

/** a [count, n, n], b [count, n, m] → a⁻¹·b */
export function solveStack(a: Node, b: Node): Node {
  return matrixNode({
    name: 'solve',
    inputs: [a, b],
    shape: b.shape,
    kernel: ([left, right], store, name) => {
      if (!left || !right) throw new Error('internal: solve needs its inputs');
      return solveKernel({ name, a: left, b: right, store });
    },
    // x = a⁻¹·b: db = a⁻ᵀ·dx, da = −db·xᵀ
    gradient: (dx, x) => {
      const db = solveStack(transposed(a), dx);
      return [neg(matmul(db, x, { transposeB: true })), db];
    },
  });
}

/**
 * The x of a·x = b: a [..., n, n], b [..., n, m] or, of one axis, [n]; leading axes are alike. NaN where a is singular to the
 * precision of float32.
 */
export function solve(a: Node, b: Node): Node {
  const { matrices, outer, n, back } = squareStackOf('solve', a);
  const isVector = b.shape.length === 1;
  const columns = isVector ? reshape(b, [...b.shape, 1]) : b;
  const [rows, m = 1] = columns.shape.slice(-2);
  const leading = columns.shape.slice(0, -2);
  const isAlike = isVector
    ? outer.length === 0
    : leading.length === outer.length && leading.every((e, i) => e === outer[i]);
  if (rows !== n || !isAlike) {
    throw new ShapeError(
      `solve: b must have a row for each row of a, and the same leading axes; got ${showShape(a.shape)} and ${showShape(b.shape)}`,
    );
  }
  const x = solveStack(matrices, reshape(cast(columns, 'float32'), [matrices.shape[0] ?? 1, n, m]));
  return isVector ? reshape(x, [n]) : back(x);
}
