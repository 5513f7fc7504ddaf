// Exponential moving means of gradients or of their squares, which most rules keep as state.

import type { Tensor } from '@treadle/tensor';
import { flushToZero } from './flush-to-zero.ts';

/** m + (1 − β)(x − m), which is β·m + (1 − β)·x. */
export function movingMean(mean: Tensor, x: Tensor, beta: number): Tensor {
  return flushToZero(mean.add(x.sub(mean).mul(1 - beta)));
}

/** 1 − βᵗ, the bias correction of such a mean that begins with 0, after t steps; accurate where βᵗ is near 1. */
export function biasCorrection(beta: number, step: Tensor): Tensor {
  return step.mul(Math.log(beta)).expm1().neg(); // βᵗ = e^(t·ln β)
}
