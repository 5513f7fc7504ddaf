// A monitored figure: whether it improves from epoch to epoch.

import { type OptionKinds, show } from '@treadle/tensor';
import type { Logs } from '../fit/history.ts';
import type { Training } from './callbacks.ts';

/** Options of `monitor`. */
export interface MonitorOptions {
  /** the name of the figure; 'valLoss' by default */
  readonly monitor?: string;
  /** the change that counts as an improvement must be larger than this; 0 by default */
  readonly minDelta?: number;
  /** whether the figure should fall or rise; by default 'max' for accuracies and similar metrics, otherwise 'min' */
  readonly mode?: 'min' | 'max';
}

export const monitorOptions: OptionKinds<MonitorOptions> = {
  monitor: 'string',
  minDelta: 'number',
  mode: 'any',
};

/** Compares the figure with its best value so far. */
export interface Monitor {
  /** Starts anew. Throws RangeError if epochs of the training do not have the figure. */
  begin(training: Training): void;
  /** Whether the figure is better than in all epochs before; NaN is not. */
  isImprovedBy(logs: Logs): boolean;
}

/** Throws RangeError for a patience that is not a whole number ≥ 0. */
export function checkPatience(callback: string, which: string, patience: number): void {
  if (!Number.isInteger(patience) || patience < 0) {
    throw new RangeError(`${callback}: ${which} must be a whole number ≥ 0; got ${patience}`);
  }
}

/** The monitor of these options. Throws RangeError for options out of range. */
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
