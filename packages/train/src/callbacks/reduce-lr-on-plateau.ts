// reduceLROnPlateau: lowers the learning rate when a figure no longer improves.

import { type OptionKinds, readOptions } from '@treadle/tensor';
import type { Callback } from './callbacks.ts';
import { checkPatience, type MonitorOptions, monitorOf, monitorOptions } from './monitor.ts';

/** Options of `reduceLROnPlateau`. */
export interface ReduceLROnPlateauOptions extends MonitorOptions {
  /** the factor of the rate, above 0 and below 1; 0.1 by default */
  readonly factor?: number;
  /** the number of epochs in a row without improvement after which the rate falls; 10 by default */
  readonly patience?: number;
  /** the number of epochs after a fall that do not count; 0 by default */
  readonly cooldown?: number;
  /** the smallest rate; 0 by default */
  readonly minLR?: number;
}

const reduceLROnPlateauOptions: OptionKinds<ReduceLROnPlateauOptions> = {
  ...monitorOptions,
  factor: 'number',
  patience: 'number',
  cooldown: 'number',
  minLR: 'number',
};

/**
 * A callback that multiplies the learning rate by `factor`. minDelta is 0.0001 by default, as in Keras. Throws RangeError for options out
 * of range, and when a training begins whose epochs do not have the figure or whose learning rate follows a schedule.
 *
 * @example
 * ```ts
 * import { dense, reduceLROnPlateau, sequential } from 'treadle';
 * const network = sequential([dense(1, { inputShape: [1] })]);
 * network.compile({ optimizer: 'sgd', loss: 'mse' });
 * const callbacks = [reduceLROnPlateau({ monitor: 'loss', minDelta: 1e9, patience: 1 })];
 * await network.fit([[1]], [[1]], { epochs: 2, verbose: 0, callbacks });
 * network.optimizer.learningRate; // → 0.001
 * ```
 */
export function reduceLROnPlateau(options: ReduceLROnPlateauOptions = {}): Callback {
  readOptions('reduceLROnPlateau', options, reduceLROnPlateauOptions);
  const { factor = 0.1, patience = 10, cooldown = 0, minLR = 0 } = options;
  const name = 'reduceLROnPlateau';
  if (!(factor > 0 && factor < 1)) throw new RangeError(`${name}: factor must be above 0 and below 1; got ${factor}`);
  if (!(minLR >= 0)) throw new RangeError(`${name}: minLR must be a number ≥ 0; got ${minLR}`);
  checkPatience(name, 'patience', patience);
  checkPatience(name, 'cooldown', cooldown);
  const monitor = monitorOf(name, { minDelta: 1e-4, ...options });
  let waited = 0;
  let cooling = 0;
  return {
    onTrainBegin: (training) => {
      monitor.begin(training);
      if (training.learningRate.isScheduled) {
        throw new RangeError(
          `${name}: the learning rate must be a number; got a schedule, which sets it at every step`,
        );
      }
      waited = 0;
      cooling = 0;
    },
    onEpochEnd: (_, logs, { learningRate }) => {
      const isBetter = monitor.isImprovedBy(logs);
      if (cooling > 0) cooling--;
      else waited++;
      if (isBetter) waited = 0;
      const rate = learningRate.get();
      if (waited < Math.max(1, patience) || rate <= minLR) return;
      learningRate.set(Math.max(rate * factor, minLR));
      waited = 0;
      cooling = cooldown;
    },
  };
}
