// Probabilities kept away from 0 and 1, so that their logarithms are finite; how much of a target may be smoothed; and what is
// to be said where predictions are probabilities and should be logits, or the other way round.

import type { Tensor } from '@treadle/tensor';
import type { Loss, PredictionRange } from './loss.ts';

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

/**
 * The loss, which has its doubts about predictions that are no probabilities, or with fromLogits about those that are; undefined
 * for a loss without that option.
 */
export function ofProbabilities(name: string, fromLogits: boolean | undefined, loss: Loss): Loss {
  const isProbability = ({ low, high }: PredictionRange): boolean => low >= 0 && high <= 1;
  const doubt = (predictions: PredictionRange): string | undefined => {
    const { low, high, from } = predictions;
    if (isProbability(predictions) !== (fromLogits ?? false)) return undefined;
    const hint =
      fromLogits === undefined ? '' : 'fromLogits: true is for a last layer without an activation, otherwise ';
    return fromLogits
      ? `${name}: with fromLogits, predictions should be logits, which no ${from} has been applied to; got those of ${from}; leave out either of them`
      : `${name}: predictions should be probabilities, from 0 to 1; got those of ${from}, from ${show(low)} to ${show(high)}; ${hint}the last layer should have softmax or sigmoid`;
  };
  return Object.assign(loss, { doubt });
}

function show(bound: number): string {
  return String(bound).replace('Infinity', '∞').replace('-', '−');
}
