// earlyStopping: ends the training when a figure has stopped improving.

import type { Weights } from '@treadle/nn';
import type { Callback } from './callbacks.ts';

export interface EarlyStoppingOptions {
  /** the figure that is watched; `valLoss` by default */
  readonly monitor?: string;
  /** the training stops after so many epochs in a row without improvement; 0 by default, which stops after the first, as 1 does */
  readonly patience?: number;
  /** a change of no more than this is no improvement; 0 by default */
  readonly minDelta?: number;
  /** whether the figure should fall or rise; by default `max` for accuracies, `min` otherwise */
  readonly mode?: 'min' | 'max';
  /** whether the weights of the best epoch are put back at the end; false by default */
  readonly restoreBestWeights?: boolean;
}

/**
 * A callback that may be given to one training after the other. Throws RangeError for options out of range, and when a training
 * begins whose epochs do not have the figure.
 */
export function earlyStopping({
  monitor = 'valLoss',
  patience = 0,
  minDelta = 0,
  mode = /accuracy$/i.test(monitor) ? 'max' : 'min',
  restoreBestWeights = false,
}: EarlyStoppingOptions = {}): Callback {
  check(patience, minDelta, mode);
  const sign = mode === 'min' ? 1 : -1;
  let best = Number.POSITIVE_INFINITY;
  let waited = 0;
  let bestWeights: Weights | undefined;
  return {
    onTrainBegin: ({ figures }) => {
      if (!figures.includes(monitor)) {
        throw new RangeError(`earlyStopping: monitor must be one of ${figures.join(', ')}; got ${monitor}`);
      }
      best = Number.POSITIVE_INFINITY;
      waited = 0;
      bestWeights = undefined;
    },
    onEpochEnd: (_, logs, training) => {
      const figure = sign * (logs[monitor] ?? Number.NaN);
      if (figure < best - minDelta) {
        best = figure;
        waited = 0;
        if (restoreBestWeights) bestWeights = training.getWeights();
      } else if (++waited >= patience) {
        training.stop();
      }
    },
    onTrainEnd: (training) => {
      if (bestWeights) training.setWeights(bestWeights);
    },
  };
}

function check(patience: number, minDelta: number, mode: string): void {
  if (!Number.isInteger(patience) || patience < 0) {
    throw new RangeError(`earlyStopping: patience must be a whole number ≥ 0; got ${patience}`);
  }
  if (!(minDelta >= 0)) throw new RangeError(`earlyStopping: minDelta must be a number ≥ 0; got ${minDelta}`);
  if (mode !== 'min' && mode !== 'max') throw new RangeError(`earlyStopping: mode must be min or max; got ${mode}`);
}
