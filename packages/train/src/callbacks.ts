// What can be hung into a training. A callback is a plain object; it sees the figures of each batch and epoch, and the model
// through a small handle: its weights, and whether to stop.

import type { TensorData } from '@treadle/tensor';
import type { Logs } from './history.ts';

/** What a callback can do to the training under way. */
export interface Training {
  readonly epochs: number;
  /** batches an epoch */
  readonly steps: number;
  /** ends the training when this epoch ends */
  stop(): void;
  /** copies of all weights, by name */
  weights(): ReadonlyMap<string, TensorData>;
  restore(weights: ReadonlyMap<string, TensorData>): void;
}

export interface Callback {
  onTrainBegin?(training: Training): void | Promise<void>;
  onEpochBegin?(epoch: number, training: Training): void | Promise<void>;
  /** `logs` are the figures of the epoch so far */
  onBatchEnd?(batch: number, logs: Logs, training: Training): void | Promise<void>;
  onEpochEnd?(epoch: number, logs: Logs, training: Training): void | Promise<void>;
  onTrainEnd?(training: Training): void | Promise<void>;
}

export interface EarlyStoppingOptions {
  /** the figure that is watched; `valLoss` by default */
  readonly monitor?: string;
  /** how many epochs without improvement are borne; 0 by default */
  readonly patience?: number;
  /** a change of less does not count as an improvement; 0 by default */
  readonly minDelta?: number;
  /** whether the figure should fall or rise; by default `max` for accuracies, `min` otherwise */
  readonly mode?: 'min' | 'max';
  /** whether the weights of the best epoch are put back when the training stops; false by default */
  readonly restoreBestWeights?: boolean;
}

/** Ends the training when a figure has stopped improving. Throws RangeError when the figure is not among those of the epoch. */
export function earlyStopping({
  monitor = 'valLoss',
  patience = 0,
  minDelta = 0,
  mode = /accuracy$/i.test(monitor) ? 'max' : 'min',
  restoreBestWeights = false,
}: EarlyStoppingOptions = {}): Callback {
  const sign = mode === 'min' ? 1 : -1;
  let best = Number.POSITIVE_INFINITY;
  let waited = 0;
  let bestWeights: ReadonlyMap<string, TensorData> | undefined;
  return {
    onTrainBegin: () => {
      best = Number.POSITIVE_INFINITY;
      waited = 0;
      bestWeights = undefined;
    },
    onEpochEnd: (_, logs, training) => {
      const figure = logs[monitor];
      if (figure === undefined) {
        throw new RangeError(`earlyStopping: monitor must be one of ${Object.keys(logs).join(', ')}; got ${monitor}`);
      }
      if (sign * figure < best - minDelta) {
        best = sign * figure;
        waited = 0;
        if (restoreBestWeights) bestWeights = training.weights();
        return;
      }
      waited++;
      if (waited > patience) training.stop();
    },
    onTrainEnd: (training) => {
      if (bestWeights) training.restore(bestWeights);
    },
  };
}
