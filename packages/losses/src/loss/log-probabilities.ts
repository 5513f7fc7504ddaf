// Logarithms of probabilities along the last axis, from logits or from probabilities.

import type { Tensor } from '@treadle/tensor';
import { clipProbability } from './probabilities.ts';

/**
 * ln softmax(z) along the last axis. The largest logit is subtracted first: then no exponential overflows, and a constant added to all
 * logits changes nothing.
 */
export function logProbabilitiesOfLogits(z: Tensor): Tensor {
  const moved = z.sub(z.detach().max(-1, { keepDims: true }));
  return moved.sub(moved.exp().sum(-1, { keepDims: true }).log());
}

/** ln(p / Σp) along the last axis, clipped so that it is finite. */
export function logOfProbabilities(p: Tensor): Tensor {
  return clipProbability(p.div(p.sum(-1, { keepDims: true }))).log();
}
