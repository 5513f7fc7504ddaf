// softmax, logSoftmax, oneHot: what classification is made of, composed from other ops.

import { ShapeError } from '../errors.ts';
import type { Node } from '../node.ts';
import { show } from '../show.ts';
import { div, sub } from './arithmetic.ts';
import { cast } from './cast.ts';
import { equal } from './comparison.ts';
import { exp } from './exponential.ts';
import { arange } from './index-lanes.ts';
import { requireDtype } from './lane.ts';
import { expandDims } from './moves.ts';
import { nonEmptyAxes } from './reduce.ts';
import { logOfSum, max } from './reductions.ts';
import { stopGradient } from './stop-gradient.ts';
import { sum } from './sum.ts';

/** e^(x − m) / Σ e^(x − m) along the axis, m the largest x: finite for every finite x. */
export function softmax(x: Node, axis = -1): Node {
  const at = nonEmptyAxes('softmax', x, axis);
  const values = cast(x, 'float32');
  // The result does not depend on m, so no gradient passes through it.
  const m = stopGradient(max(values, at, { keepDims: true }));
  const e = exp(sub(values, m));
  return div(e, sum(e, at, { keepDims: true }));
}

/** x − ln Σ eˣ along the axis: ln softmax without the loss of digits. */
export function logSoftmax(x: Node, axis = -1): Node {
  const at = nonEmptyAxes('logSoftmax', x, axis);
  const values = cast(x, 'float32');
  return sub(values, logOfSum(values, at, { keepDims: true }));
}

/** labels [...] of int32 → float32 [..., depth]: 1 at the label, 0 elsewhere; all 0 for a label outside 0 … depth − 1. */
export function oneHot(labels: Node, depth: number): Node {
  requireDtype('oneHot', labels, 'int32');
  if (!Number.isInteger(depth) || depth < 0)
    throw new ShapeError(`oneHot: depth must be a whole number ≥ 0; got ${show(depth)}`);
  return cast(equal(expandDims(labels, -1), arange(depth)), 'float32');
}
