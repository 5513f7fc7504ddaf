// A figure that is watched from epoch to epoch, and whether it got better.

import { type OptionKinds, show } from '@treadle/tensor';
import type { Logs } from '../fit/history.ts';
import type { Training } from './callbacks.ts';

export interface MonitorOptions {
  /** the figure that is watched; `valLoss` by default */
  readonly monitor?: string;
  /** a change of no more than this is no improvement; 0 by default */
  readonly minDelta?: number;
  /** whether the figure should fall or rise; by default `max` for accuracies and their like, `min` otherwise */
  readonly mode?: 'min' | 'max';
}

export const monitorOptions: OptionKinds<MonitorOptions> = {
  monitor: 'string',
  minDelta: 'number',
  mode: 'any',
};

export interface Monitor {
  /** Forgets everything. Throws RangeError unless the epochs of the training have the figure. */
  begin(training: Training): void;
  /** Whether the figure is better than ever before; one that is not a number never is. */
  isImprovedBy(logs: Logs): boolean;
}

/** Throws RangeError for a patience that is no whole number ≥ 0. */
export function checkPatience(callback: string, which: string, patience: number): void {
  if (!Number.isInteger(patience) || patience < 0) {
    throw new RangeError(`${callback}: ${which} must be a whole number ≥ 0; got ${patience}`);
  }
}

/** Throws RangeError for options out of range. */
export function monitorOf(callback: string, options: MonitorOptions): Monitor {
  const { monitor = 'valLoss', minDelta = 0 } = options;
  const { mode = /(accuracy|precision|recall|f1|auc|r2|cosineSimilarity)$/i.test(monitor) ? 'max' : 'min' } = options;
  if (!(minDelta >= 0)) throw new RangeError(`${callback}: minDelta must be a number ≥ 0; got ${minDelta}`);
  if (mode !== 'min' && mode !== 'max') throw new RangeError(`${callback}: mode must be min or max; got ${show(mode)}`);
  const sign = mode === 'min' ? 1 : -1;
  let best = Number.POSITIVE_INFINITY;
  return {
    begin: ({ figures }) => {
      if (!figures.includes(monitor)) {
        throw new RangeError(`${callback}: monitor must be one of ${figures.join(', ')}; got ${monitor}`);
      }
      best = Number.POSITIVE_INFINITY;
    },
    isImprovedBy: (logs) => {
      const figure = sign * (logs[monitor] ?? Number.NaN);
      const isBetter = figure < best - minDelta;
      if (isBetter) best = figure;
      return isBetter;
    },
  };
}
