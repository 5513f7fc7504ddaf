// earlyStopping: ends the training when a figure no longer improves.

import type { Weights } from '@treadle/nn';
import { type OptionKinds, readOptions } from '@treadle/tensor';
import type { Callback } from './callbacks.ts';
import { checkPatience, type MonitorOptions, monitorOf, monitorOptions } from './monitor.ts';

/** Options of `earlyStopping`. */
export interface EarlyStoppingOptions extends MonitorOptions {
  /** the number of epochs in a row without improvement after which training stops; 0 by default, which means 1 */
  readonly patience?: number;
  /** whether the weights of the best epoch are restored at the end; false by default */
  readonly restoreBestWeights?: boolean;
}

const earlyStoppingOptions: OptionKinds<EarlyStoppingOptions> = {
  ...monitorOptions,
  patience: 'number',
  restoreBestWeights: 'boolean',
};

/**
 * A callback that stops a training. It can be used for several trainings, one after the other. Throws RangeError for options out of
 * range, and when a training begins whose epochs do not have the figure.
 *
 * @example
 * ```ts
 * import { dense, earlyStopping, sequential } from 'treadle';
 * const network = sequential([dense(1, { inputShape: [1] })]);
 * network.compile({ optimizer: 'sgd', loss: 'mse' });
 * const callbacks = [earlyStopping({ monitor: 'loss', minDelta: 1e9 })];
 * const { epoch } = await network.fit([[1]], [[1]], { epochs: 9, verbose: 0, callbacks });
 * epoch.length; // → 2
 * ```
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
