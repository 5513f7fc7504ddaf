// earlyStopping: ends the training when a figure has stopped improving.

import type { Weights } from '@treadle/nn';
import { type OptionKinds, readOptions } from '@treadle/tensor';
import type { Callback } from './callbacks.ts';
import { checkPatience, type MonitorOptions, monitorOf, monitorOptions } from './monitor.ts';

export interface EarlyStoppingOptions extends MonitorOptions {
  /** the training stops after so many epochs in a row without improvement; 0 by default, which stops after the first, as 1 does */
  readonly patience?: number;
  /** whether the weights of the best epoch are put back at the end; false by default */
  readonly restoreBestWeights?: boolean;
}

const earlyStoppingOptions: OptionKinds<EarlyStoppingOptions> = {
  ...monitorOptions,
  patience: 'number',
  restoreBestWeights: 'boolean',
};

/**
 * A callback that may be given to one training after the other. Throws RangeError for options out of range, and when a training
 * begins whose epochs do not have the figure.
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  readOptions('earlyStopping', options, earlyStoppingOptions);
  const { patience = 0, restoreBestWeights = false } = options;
  checkPatience('earlyStopping', 'patience', patience);
  const monitor = monitorOf('earlyStopping', options);
  let waited = 0;
  let bestWeights: Weights | undefined;
  return {
    onTrainBegin: (training) => {
      monitor.begin(training);
      waited = 0;
      bestWeights = undefined;
    },
    onEpochEnd: (_, logs, training) => {
      if (monitor.isImprovedBy(logs)) {
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
