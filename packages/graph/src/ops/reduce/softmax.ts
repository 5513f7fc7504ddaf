// softmax and logSoftmax.

import { applyOp } from '../../make-node.ts';
import type { MoveOp, Node } from '../../node.ts';
import { div, mul, sub } from '../elementwise/arithmetic.ts';
import { cast } from '../elementwise/cast.ts';
import { exp } from '../elementwise/exponential.ts';
import { logOfSum } from './log-sum-exp.ts';
import { max } from './max-and-min.ts';
import { nonEmptyAxes } from './reduce.ts';
import { sum } from './sum-and-broadcast.ts';

/** e^(x − m) / Σ e^(x − m) along the axis (the last by default), where m is the largest x: finite for every finite x. */
export function softmax(x: Node, axis = -1): Node {
  const at = nonEmptyAxes('softmax', x, axis);
  const values = cast(x, 'float32');
  const e = exp(sub(values, max(values, at, { keepDims: true })));
  const shares = div(e, sum(e, at, { keepDims: true }));
  const fromEnd = at.map((i) => i - x.shape.length);
  return asFunctionOf(values, shares, fromEnd);
}

/**
 * The shares, with a gradient that is computed from the shares alone, so that neither the values nor their exponentials are kept for
 * it. `axes` count from the end.
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

/** ln(softmax(x)) along the axis as x − ln Σ eˣ, without the loss of digits. */
export function logSoftmax(x: Node, axis = -1): Node {
  const at = nonEmptyAxes('logSoftmax', x, axis);
  const values = cast(x, 'float32');
  return sub(values, logOfSum(values, at, { keepDims: true }));
}
