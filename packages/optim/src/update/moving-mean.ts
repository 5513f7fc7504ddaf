// Means that forget, as most rules keep them: of gradients, of their squares.

import type { Tensor } from '@treadle/tensor';
import { settled } from './flush-to-zero.ts';

/** m ← m + (1 − β)(x − m), which is β·m + (1 − β)·x */
export function nextMean(mean: Tensor, x: Tensor, beta: number): Tensor {
  return settled(mean.add(x.sub(mean).mul(1 - beta)));
}

/** 1 − βᵗ, what the weights of such a mean add up to after t steps from 0; without the loss of digits where βᵗ is near 1. */
export function correction(beta: number, step: Tensor): Tensor {
  return step.mul(Math.log(beta)).expm1().neg(); // βᵗ = e^(t·ln β)
}
