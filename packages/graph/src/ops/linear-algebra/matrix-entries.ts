// Parts of square matrices [..., n, n] by the position of their entries: diagonal, triangles, symmetric part.

import type { Node } from '../../node.ts';
import { arange } from '../elementwise/arange.ts';
import { add, mul } from '../elementwise/arithmetic.ts';
import { cast } from '../elementwise/cast.ts';
import { equal, greater, greaterEqual, where } from '../elementwise/comparison.ts';
import { expandDims } from '../moves/reshape.ts';
import { broadcastTo } from '../reduce/sum-and-broadcast.ts';
import { transposed } from './matrix-op.ts';

/** Whether an entry is on the diagonal: bool [n, n]. */
export function isDiagonal(x: Node): Node {
  const positions = arange(x.shape.at(-1) ?? 1);
  return equal(expandDims(positions, 1), positions);
}

/** x with 0 above the diagonal. */
export function lowerTriangle(x: Node): Node {
  const n = x.shape.at(-1) ?? 1;
  const positions = arange(n);
  return where(greaterEqual(expandDims(positions, 1), positions), x, 0);
}

/** x with 0 on and above the diagonal. */
export function strictlyLower(x: Node): Node {
  const n = x.shape.at(-1) ?? 1;
  const positions = arange(n);
  return where(greater(expandDims(positions, 1), positions), x, 0);
}

/** (a + aᵀ) / 2 */
export function symmetricPart(a: Node): Node {
  return mul(add(a, transposed(a)), 0.5);
}

/** Identity matrices [count, n, n]. */
export function identities(count: number, n: number): Node {
  const positions = arange(n);
  return broadcastTo(cast(equal(expandDims(positions, 1), positions), 'float32'), [count, n, n]);
}
