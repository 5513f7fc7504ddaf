// logSumExp: ln Σ eˣ, without overflow.

import type { Node } from '../../node.ts';
import type { Axes } from '../../shape.ts';
import { add, sub } from '../elementwise/arithmetic.ts';
import { cast } from '../elementwise/cast.ts';
import { equal, where } from '../elementwise/comparison.ts';
import { exp, log } from '../elementwise/exponential.ts';
import { stopGradient } from '../elementwise/stop-gradient.ts';
import { reshape } from '../moves/reshape.ts';
import { max } from './max-and-min.ts';
import { keepsDims, nonEmptyAxes, type ReduceOptions } from './reduce.ts';
import { sum } from './sum-and-broadcast.ts';

/** ln Σ eˣ over the axes, without overflow: m + ln Σ e^(x − m), m the largest x. */
export function logSumExp(x: Node, axes?: Axes, options: ReduceOptions = {}): Node {
  keepsDims('logSumExp', options);
  return logOfSum(cast(x, 'float32'), nonEmptyAxes('logSumExp', x, axes), options);
}

/** logSumExp of float32 over axes from the front. */
export function logOfSum(x: Node, axes: readonly number[], { keepDims = false }: ReduceOptions): Node {
  // The result does not depend on m, so no gradient passes through it.
  const largest = stopGradient(max(x, axes, { keepDims: true }));
  // an infinite m would give ∞ − ∞; m = 0 is right then
  const m = where(equal(sub(largest, largest), 0), largest, 0);
  const y = add(log(sum(exp(sub(x, m)), axes, { keepDims: true })), m);
  return keepDims
    ? y
    : reshape(
        y,
        x.shape.filter((_, i) => !axes.includes(i)),
      );
}
