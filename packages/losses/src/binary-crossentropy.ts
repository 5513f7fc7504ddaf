// The cross-entropy of yes and no.

import type { Tensor } from '@treadle/tensor';
import { type Loss, type LossOptions, meanOfLast, pairUp, reducer } from './loss.ts';
import { clipProbability } from './probabilities.ts';

export interface CrossentropyOptions extends LossOptions {
  /** whether yPred holds logits; false by default: probabilities */
  readonly fromLogits?: boolean;
}

/** −y·ln σ(z) − (1 − y)·ln(1 − σ(z)) = y·softplus(−z) + (1 − y)·softplus(z): finite for every finite z, as is its gradient. */
function ofLogits(y: Tensor, z: Tensor): Tensor {
  return y.mul(z.neg().softplus()).add(y.neg().add(1).mul(z.softplus()));
}

/** −y·ln p − (1 − y)·ln(1 − p) */
function ofProbabilities(y: Tensor, given: Tensor): Tensor {
  const p = clipProbability(given);
  const q = p.neg().add(1);
  return y.mul(p.log()).add(y.neg().add(1).mul(q.log())).neg();
}

/** For yTrue of 0 and 1 (or probabilities between), the cross-entropy, averaged over the last axis, then reduced. */
export function binaryCrossentropy({ fromLogits = false, reduction }: CrossentropyOptions = {}): Loss {
  const reduce = reducer('binaryCrossentropy', reduction);
  const entropy = fromLogits ? ofLogits : ofProbabilities;
  return (yTrue, yPred) => {
    const { target, prediction } = pairUp('binaryCrossentropy', yTrue, yPred);
    return reduce(meanOfLast(entropy(target, prediction)));
  };
}
