// sgd: stochastic gradient descent, with momentum as in Keras.

import { type OptionKinds, readOptions, withConfig } from '@treadle/tensor';
import { inverseTimeDecay } from '../schedules/inverse-time-decay.ts';
import type { Schedule } from '../schedules/schedule.ts';
import { flushToZero } from '../update/flush-to-zero.ts';
import type { Optimizer } from '../update/optimizer.ts';
import { type OptimizerOptions, optimizerOptions } from '../update/optimizer-options.ts';
import { optimizerOf } from '../update/rule-optimizer.ts';
import type { UpdateRule } from '../update/update-rule.ts';

/** Options of `sgd`. */
export interface SgdOptions extends OptimizerOptions {
  /** the share of the previous move that is added, from 0 to less than 1; 0 by default */
  readonly momentum?: number;
  /** whether the gradient counts as taken after the move of the momentum (Nesterov); false by default */
  readonly nesterov?: boolean;
  /** makes the learning rate η / (1 + decay·t) after t steps; not with a schedule; 0 by default */
  readonly decay?: number;
}

const sgdOptions: OptionKinds<SgdOptions> = {
  ...optimizerOptions,
  momentum: 'number',
  nesterov: 'boolean',
  decay: 'number',
};

/**
 * x ← x − η·g, or with momentum v ← μ·v − η·g, x ← x + v. The learning rate is a number, 0.01 by default, or a schedule. Throws RangeError
 * for a momentum outside 0 … 1, a weightDecay or decay below 0, and a decay beside a schedule.
 *
 * @example
 * ```ts
 * import { sgd, tensor, variable } from 'treadle';
 * const x = variable([1, 2]);
 * sgd(0.5).apply([tensor([2, 2])], [x]);
 * x; // → [0, 1]
 * ```
 */
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
        const move = flushToZero(previous.mul(momentum).sub(step)); // v ← μ·v − η·g
        const taken = nesterov ? move.mul(momentum).sub(step) : move; // nesterov: μ·v − η·g once more
        return { x: x.add(taken), state: [move] };
      },
  };
  const rate = decay > 0 && typeof learningRate === 'number' ? inverseTimeDecay(learningRate, 1, decay) : learningRate;
  return withConfig(optimizerOf(momentum > 0 ? withMomentum : plain, rate, common), 'sgd', {
    learningRate,
    ...options,
  });
}
