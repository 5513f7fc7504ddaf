// Linear equations, by elimination in float64. The gradient solves the same equations with the matrix transposed.

import { solve as solveKernel } from '@treadle/kernels';
import { ShapeError } from '../../calls/errors.ts';
import type { Node } from '../../node.ts';
import { type Shape, sameShape, showShape } from '../../shape.ts';
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
 * b [..., m, k], or b [m] for a single matrix, beside a [count, m, n] as [count, m, k]; undefined where rows or leading axes differ.
 */
export function rightHandSide(b: Node, a: Node, outer: Shape): Node | undefined {
  const columns = b.shape.length === 1 ? reshape(b, [...b.shape, 1]) : b;
  const [count = 1, m = 0] = a.shape;
  const [rows, k = 1] = columns.shape.slice(-2);
  if (rows !== m || !sameShape(columns.shape.slice(0, -2), outer)) return undefined;
  return reshape(cast(columns, 'float32'), [count, m, k]);
}

/**
 * The solution x of a·x = b: a [..., n, n], b [..., n, m] with the same leading axes, or b [n] for a single matrix. NaN where a is
 * singular to the precision of float32.
 */
export function solve(a: Node, b: Node): Node {
  const { matrices, outer, n, back } = squareStackOf('solve', a);
  const right = rightHandSide(b, matrices, outer);
  if (!right) {
    throw new ShapeError(
      `solve: b must have a row for each row of a, and the same leading axes; got ${showShape(a.shape)} and ${showShape(b.shape)}`,
    );
  }
  const x = solveStack(matrices, right);
  return b.shape.length === 1 ? reshape(x, [n]) : back(x);
}
