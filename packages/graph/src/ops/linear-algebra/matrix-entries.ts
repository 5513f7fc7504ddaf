// Matrices by the place of their entries: the diagonal, the triangles, the symmetric part. All of stacks [..., n, n].

import type { Node } from '../../node.ts';
import { arange } from '../elementwise/arange.ts';
import { add, mul } from '../elementwise/arithmetic.ts';
import { cast } from '../elementwise/cast.ts';
import { equal, greater, greaterEqual, where } from '../elementwise/comparison.ts';
import { expandDims } from '../moves/reshape.ts';
import { broadcastTo } from '../reduce/sum-and-broadcast.ts';
import { transposed } from './matrix-op.ts';

/** Of square matrices: where they have their diagonal. */
export function isDiagonal(x: Node): Node {
  const places = arange(x.shape.at(-1) ?? 1);
  return equal(expandDims(places, 1), places);
}

/** [..., n, n] with what is above the diagonal set to 0. */
export function lowerTriangle(x: Node): Node {
  const n = x.shape.at(-1) ?? 1;
  const places = arange(n);
  return where(greaterEqual(expandDims(places, 1), places), x, 0);
}

/** The part below the diagonal alone. */
export function strictlyLower(x: Node): Node {
  const n = x.shape.at(-1) ?? 1;
  const places = arange(n);
  return where(greater(expandDims(places, 1), places), x, 0);
}

/** (a + aᵀ) / 2 */
export function symmetricPart(a: Node): Node {
  return mul(add(a, transposed(a)), 0.5);
}

/** [count, n, n] of ones on the diagonal */
export function identities(count: number, n: number): Node {
  const places = arange(n);
  return broadcastTo(cast(equal(expandDims(places, 1), places), 'float32'), [count, n, n]);
}
