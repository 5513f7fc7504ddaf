// What losses of probabilities share: probabilities with finite logarithms, label smoothing, and the warning about predictions that are
// probabilities and should be logits, or the other way round.

import type { OptionKinds, Tensor } from '@treadle/tensor';
import { type Loss, type LossOptions, lossOptions, type PredictionRange } from './loss.ts';
import { epsilon } from './shapes.ts';

/** Options of `sparseCategoricalCrossentropy`. */
export interface CrossentropyOptions extends LossOptions {
  /** whether yPred holds logits; false by default: probabilities */
  readonly fromLogits?: boolean;
}

export const crossentropyOptions: OptionKinds<CrossentropyOptions> = {
  ...lossOptions,
  fromLogits: 'boolean',
};

/** min(max(p, 10⁻⁷), 1 − 10⁻⁷); outside of these bounds the gradient is 0. */
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
 * The loss with a warning about predictions that are not probabilities, or with fromLogits about those that are. `fromLogits` is
 * undefined for a loss without that option.
 */
export function withRangeWarning(name: string, fromLogits: boolean | undefined, loss: Loss): Loss {
  const isProbability = ({ low, high }: PredictionRange): boolean => low >= 0 && high <= 1;
  const warningFor = (predictions: PredictionRange): string | undefined => {
    const { low, high, from } = predictions;
    if (isProbability(predictions) !== (fromLogits ?? false)) return undefined;
    const hint =
      fromLogits === undefined ? '' : 'fromLogits: true is for a last layer without an activation, otherwise ';
    return fromLogits
      ? `${name}: with fromLogits, predictions should be logits, which no ${from} has been applied to; got those of ${from}; leave out either of them`
      : `${name}: predictions should be probabilities, from 0 to 1; got those of ${from}, from ${showBound(low)} to ${showBound(high)}; ${hint}the last layer should have softmax or sigmoid`;
  };
  return Object.assign(loss, { warningFor });
}

function showBound(bound: number): string {
  return String(bound).replace('Infinity', '∞').replace('-', '−');
}
