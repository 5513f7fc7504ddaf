// softmax, logSoftmax, oneHot: what classification is made of, composed from other ops.

import { ShapeError } from '../../calls/errors.ts';
import { show } from '../../calls/show.ts';
import { applyOp, type Node } from '../../node.ts';
import type { MoveOp } from '../../op.ts';
import { div, mul, sub } from '../elementwise/arithmetic.ts';
import { cast, widened } from '../elementwise/cast.ts';
import { equal } from '../elementwise/comparison.ts';
import { exp } from '../elementwise/exponential.ts';
import { arange } from '../elementwise/index-lanes.ts';
import { requireDtype } from '../elementwise/lane.ts';
import { expandDims } from '../moves/moves.ts';
import { nonEmptyAxes } from './reduce.ts';
import { logOfSum, max } from './reductions.ts';
import { sum } from './sum.ts';

/** e^(x − m) / Σ e^(x − m) along the axis, m the largest x: finite for every finite x. */
export function softmax(x: Node, axis = -1): Node {
  const at = nonEmptyAxes('softmax', x, axis);
  const values = cast(x, 'float32');
  const e = exp(sub(values, max(values, at, { keepDims: true })));
  const shares = div(e, sum(e, at, { keepDims: true }));
  const fromEnd = at.map((i) => i - x.shape.length);
  return asFunctionOf(values, shares, fromEnd);
}

/**
 * The shares, as a function of the values along the axes, which count from the end: with a gradient made of the shares alone, so
 * that neither the values nor their exponentials have to be kept for it.
 */
function asFunctionOf(values: Node, shares: Node, axes: readonly number[]): Node {
  const op: MoveOp = {
    kind: 'move',
    name: 'softmax',
    key: 'softmax',
    keepsOrder: true,
    view: (view) => view,
    // dyᵢ/dxⱼ = yᵢ·(δᵢⱼ − yⱼ)
    gradient: (dy, y) => [undefined, mul(y, sub(dy, sum(mul(dy, y), axes, { keepDims: true })))],
    batched: ([stack = shares, stackOfValues = values]) => asFunctionOf(stackOfValues, stack, axes),
  };
  return applyOp(op, [shares, values], shares.shape, 'float32');
}

/** x − ln Σ eˣ along the axis: ln softmax without the loss of digits. */
export function logSoftmax(x: Node, axis = -1): Node {
  const at = nonEmptyAxes('logSoftmax', x, axis);
  const values = cast(x, 'float32');
  return sub(values, logOfSum(values, at, { keepDims: true }));
}

/** labels [...] of whole numbers → float32 [..., depth]: 1 at the label, 0 elsewhere; all 0 for a label outside 0 … depth − 1. */
export function oneHot(labels: Node, depth: number): Node {
  const whole = requireDtype('oneHot', widened(labels), 'int32');
  if (!Number.isInteger(depth) || depth < 0)
    throw new ShapeError(`oneHot: depth must be a whole number ≥ 0; got ${show(depth)}`);
  return cast(equal(expandDims(whole, -1), arange(depth)), 'float32');
}
