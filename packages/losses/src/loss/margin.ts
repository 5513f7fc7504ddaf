// The margin of the hinge losses.

import { type Tensor, where } from '@treadle/tensor';

/** max(0, 1 − yTrue·yPred): how far a prediction is below the margin of 1. Targets are −1 and 1; 0 counts as −1. */
export function belowMargin(target: Tensor, prediction: Tensor): Tensor {
  const sign = where(target.equal(0), -1, target);
  return sign.mul(prediction).neg().add(1).relu();
}
