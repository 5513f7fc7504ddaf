// Probabilities kept away from 0 and 1, so that their logarithms are finite; and how much of a target may be smoothed.

import type { Tensor } from '@treadle/tensor';

/** Keras's epsilon. */
const epsilon = 1e-7;

/** p, no less than 10⁻⁷ and no more than 1 − 10⁻⁷; beyond them the gradient is 0. */
export function clipProbability(p: Tensor): Tensor {
  return p.clip(epsilon, 1 - epsilon);
}

/** Throws RangeError unless 0 ≤ labelSmoothing ≤ 1. */
export function checkSmoothing(name: string, labelSmoothing: number): void {
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new RangeError(`${name}: labelSmoothing must be from 0 to 1; got ${labelSmoothing}`);
  }
}
