// The hinge family: losses that ask for a margin. Answers of yes and no are −1 and 1; 0 is taken for −1.

import { type Tensor, where } from '@treadle/tensor';
import { type Loss, type LossOptions, lossOf, meanOfLast } from './loss.ts';

/** max(0, 1 − yTrue·yPred) */
function shortfall(target: Tensor, prediction: Tensor): Tensor {
  const side = where(target.equal(0), -1, target);
  return side.mul(prediction).neg().add(1).relu();
}

/** max(0, 1 − yTrue·yPred), averaged over the last axis, then reduced. */
export function hinge(options: LossOptions = {}): Loss {
  return lossOf('hinge', options, (target, prediction) => meanOfLast(shortfall(target, prediction)));
}

/** max(0, 1 − yTrue·yPred)², averaged over the last axis, then reduced. */
export function squaredHinge(options: LossOptions = {}): Loss {
  return lossOf('squaredHinge', options, (target, prediction) => meanOfLast(shortfall(target, prediction).square()));
}

/** max(0, 1 + the best of the wrong classes − the right one) along the last axis, yTrue one-hot; then reduced. */
export function categoricalHinge(options: LossOptions = {}): Loss {
  return lossOf('categoricalHinge', options, (target, prediction) => {
    const right = target.mul(prediction).sum(-1);
    const wrong = target.neg().add(1).mul(prediction).max(-1);
    return wrong.sub(right).add(1).relu();
  });
}
