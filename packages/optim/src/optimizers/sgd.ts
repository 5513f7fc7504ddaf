// Gradient descent, with momentum as in Keras.

import { type OptionKinds, readOptions } from '@treadle/tensor';
import { inverseTimeDecay } from '../schedules/inverse-time-decay.ts';
import type { Schedule } from '../schedules/schedule.ts';
import { settled } from '../update/flush-to-zero.ts';
import { type Optimizer, optimizerOf, type UpdateRule } from '../update/optimizer.ts';
import { type OptimizerOptions, optimizerOptions } from '../update/optimizer-options.ts';

export interface SgdOptions extends OptimizerOptions {
  /** how much of the previous move is made again: from 0, the default, to less than 1 */
  readonly momentum?: number;
  /** whether the gradient counts as taken after the momentum's move; false by default */
  readonly nesterov?: boolean;
  /** makes the learning rate η / (1 + decay·t) after t steps; 0 by default, and not for a schedule */
  readonly decay?: number;
}

const sgdOptions: OptionKinds<SgdOptions> = {
  ...optimizerOptions,
  momentum: 'number',
  nesterov: 'boolean',
  decay: 'number',
};

/** Throws RangeError for a momentum outside 0 … 1, a weightDecay or decay below 0, and a decay of a schedule. */
export function sgd(learningRate: number | Schedule = 0.01, options: SgdOptions = {}): Optimizer {
  const { momentum = 0, nesterov = false, decay = 0, ...common } = readOptions('sgd', options, sgdOptions);
  if (!(momentum >= 0 && momentum < 1))
    throw new RangeError(`sgd: momentum must be at least 0 and less than 1; got ${momentum}`);
  if (!(decay >= 0)) throw new RangeError(`sgd: decay must be a number ≥ 0; got ${decay}`);
  if (decay > 0 && typeof learningRate === 'function') {
    throw new RangeError(`sgd: decay is for a learning rate that is a number; got ${decay} beside a schedule`);
  }
  const plain: UpdateRule = {
    name: 'sgd',
    isElementwise: true,
    restsAtZero: true,
    slots: [],
    begin: (rate) => (x, dx) => ({ x: x.sub(dx.mul(rate)), state: [] }),
  };
  const withMomentum: UpdateRule = {
    name: 'sgd',
    isElementwise: true,
    slots: [{ name: 'momentum' }],
    begin:
      (rate) =>
      (x, dx, [previous = x]) => {
        const step = dx.mul(rate);
        const move = settled(previous.mul(momentum).sub(step)); // v ← μ·v − η·g
        const taken = nesterov ? move.mul(momentum).sub(step) : move; // nesterov: μ·v − η·g once more
        return { x: x.add(taken), state: [move] };
      },
  };
  const rate = decay > 0 && typeof learningRate === 'number' ? inverseTimeDecay(learningRate, 1, decay) : learningRate;
  return optimizerOf(momentum > 0 ? withMomentum : plain, rate, common);
}
