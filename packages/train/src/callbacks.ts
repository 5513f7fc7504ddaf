// What can be hung into a training. A callback is a plain object; it sees the figures of each batch and epoch, and the training
// through a small handle: its weights, and whether to stop. Callbacks are called in the order given, each awaited.

import type { Weights } from '@treadle/nn';
import type { Tensor } from '@treadle/tensor';
import type { Logs } from './history.ts';

/** The rate at which the optimizer moves weights. */
export interface LearningRate {
  /** whether a schedule sets it at every step */
  readonly isScheduled: boolean;
  get(): number;
  /** From the next step on. */
  set(rate: number): void;
}

/** The training under way, and what a callback can do to it. */
export interface Training {
  readonly epochs: number;
  /** batches an epoch */
  readonly steps: number;
  /** the names of the figures that an epoch will have */
  readonly figures: readonly string[];
  /** Ends the training when this epoch ends. */
  stop(): void;
  readonly learningRate: LearningRate;
  /** Copies of all weights, by name. */
  getWeights(): Record<string, Tensor>;
  setWeights(weights: Weights): void;
}

export interface Callback {
  onTrainBegin?(training: Training): void | Promise<void>;
  onEpochBegin?(epoch: number, training: Training): void | Promise<void>;
  /** `logs` are the figures of the epoch so far; one that takes long, such as auc, is computed when it is read */
  onBatchEnd?(batch: number, logs: Logs, training: Training): void | Promise<void>;
  onEpochEnd?(epoch: number, logs: Logs, training: Training): void | Promise<void>;
  /** called however the training ends, whatever other callbacks threw; the first error of all is thrown after it */
  onTrainEnd?(training: Training): void | Promise<void>;
}
