// Linear equations, the inverse and the determinant. All solve by elimination in float64; the gradients are the same equations
// with the matrix transposed, and for the determinant its cofactors.

import { cofactors as cofactorsKernel, determinant, solve as solveKernel } from '@treadle/kernels';
import { ShapeError } from '../../calls/errors.ts';
import type { Node } from '../../node.ts';
import { showShape } from '../../shape.ts';
import { mul, neg, sub } from '../elementwise/arithmetic.ts';
import { cast } from '../elementwise/cast.ts';
import { equal } from '../elementwise/comparison.ts';
import { arange } from '../elementwise/index-lanes.ts';
import { expandDims, reshape } from '../moves/moves.ts';
import { broadcastTo, sum } from '../reduce/sum.ts';
import { matmul } from './matmul.ts';
import { matrixNode, only, squareStackOf, transposed } from './matrices.ts';

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

/** [count, n, n] of ones on the diagonal */
function identities(count: number, n: number): Node {
  const places = arange(n);
  return broadcastTo(cast(equal(expandDims(places, 1), places), 'float32'), [count, n, n]);
}

/** a⁻¹ of a [..., n, n]; NaN where a is singular to the precision of float32. */
export function inv(a: Node): Node {
  const { matrices, n, back } = squareStackOf('inv', a);
  return back(solveStack(matrices, identities(matrices.shape[0] ?? 1, n)));
}

/** [count, n, n] → the gradients of the determinants: det a·a⁻ᵀ where there is an inverse. */
function cofactors(a: Node): Node {
  return matrixNode({
    name: 'cofactors',
    inputs: [a],
    shape: a.shape,
    kernel: (sources, store, name) => cofactorsKernel({ name, a: only(sources), store }),
    // c = det a·a⁻ᵀ: da = ⟨dc, c⟩·a⁻ᵀ − a⁻ᵀ·dcᵀ·c, NaN where a is singular
    gradient: (dc, c) => {
      const along = sum(mul(dc, c), [1, 2], { keepDims: true });
      const back = sub(mul(along, identities(a.shape[0] ?? 1, a.shape[1] ?? 1)), matmul(dc, c, { transposeA: true }));
      return [solveStack(transposed(a), back)];
    },
  });
}

/** det a of a [..., n, n] → [...]; 0 where a is singular, and its gradient what it is there. */
export function det(a: Node): Node {
  const { matrices, outer } = squareStackOf('det', a);
  const count = matrices.shape[0] ?? 1;
  const y = matrixNode({
    name: 'det',
    inputs: [matrices],
    shape: [count, 1, 1],
    kernel: (sources, store, name) => determinant({ name, a: only(sources), store }),
    gradient: (dy) => [mul(dy, cofactors(matrices))],
  });
  return reshape(y, outer);
}
