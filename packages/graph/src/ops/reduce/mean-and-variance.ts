// mean, variance and std, composed of sums.

import { constantNode } from '../../make-node.ts';
import type { Node } from '../../node.ts';
import { type Axes, normalizeAxes, sizeOf } from '../../shape.ts';
import { div, square, sub } from '../elementwise/arithmetic.ts';
import { cast } from '../elementwise/cast.ts';
import { sqrt } from '../elementwise/power.ts';
import { keepsDims, type ReduceOptions } from './reduce.ts';
import { sum } from './sum-and-broadcast.ts';

/** Σx/n over axes from the front. */
function average(x: Node, axes: readonly number[], options: ReduceOptions): Node {
  const count = sizeOf(axes.map((axis) => x.shape[axis] ?? 1));
  return div(sum(x, axes, options), constantNode(count, 'float32'));
}

/** The mean over the axes, in float32. */
export function mean(x: Node, axes?: Axes, options: ReduceOptions = {}): Node {
  keepsDims('mean', options);
  return average(cast(x, 'float32'), normalizeAxes('mean', axes, x.shape.length), options);
}

/** Σ(x − m)²/n, m the mean. */
function spread(x: Node, axes: readonly number[], options: ReduceOptions): Node {
  const values = cast(x, 'float32');
  return average(square(sub(values, average(values, axes, { keepDims: true }))), axes, options);
}

/** The mean squared distance from the mean over the axes, divided by n as in NumPy. */
export function variance(x: Node, axes?: Axes, options: ReduceOptions = {}): Node {
  keepsDims('variance', options);
  return spread(x, normalizeAxes('variance', axes, x.shape.length), options);
}

/** √variance */
export function std(x: Node, axes?: Axes, options: ReduceOptions = {}): Node {
  keepsDims('std', options);
  return sqrt(spread(x, normalizeAxes('std', axes, x.shape.length), options));
}
