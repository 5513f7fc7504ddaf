// rmsprop: a step by the gradient over the root of its mean square (T. Hinton, lecture 6e, 2012), with momentum and centring as in Keras.

import { type OptionKinds, readOptions, withConfig } from '@treadle/tensor';
import type { Schedule } from '../schedules/schedule.ts';
import { flushToZero } from '../update/flush-to-zero.ts';
import { movingMean } from '../update/moving-mean.ts';
import type { Optimizer } from '../update/optimizer.ts';
import { checkBeta, checkEpsilon, type OptimizerOptions, optimizerOptions } from '../update/optimizer-options.ts';
import { optimizerOf } from '../update/rule-optimizer.ts';
import type { UpdateRule } from '../update/update-rule.ts';

/** Options of `rmsprop`. */
export interface RmspropOptions extends OptimizerOptions {
  /** the decay rate of the mean of the squares; 0.9 by default */
  readonly rho?: number;
  /** the share of the previous move that is added, from 0 to less than 1; 0 by default */
  readonly momentum?: number;
  /** added to the divisor; 10⁻⁷ by default */
  readonly epsilon?: number;
  /** whether the variance of the gradients is used in place of their mean square; false by default */
  readonly centered?: boolean;
}

const rmspropOptions: OptionKinds<RmspropOptions> = {
  ...optimizerOptions,
  rho: 'number',
  momentum: 'number',
  epsilon: 'number',
  centered: 'boolean',
};

/**
 * x ← x − η·g / √(v + ε), where v is the moving mean of g². The learning rate is a number, 0.001 by default, or a schedule. Throws RangeError for
 * a rho outside 0 … 1, both excluded, a momentum outside 0 … 1, or an epsilon below 0.
 *
 * @example
 * ```ts
 * import { rmsprop, tensor, variable } from 'treadle';
 * const x = variable([1, 2]);
 * rmsprop(0.1, { rho: 0.75 }).apply([tensor([2, 2])], [x]);
 * x; // → [0.8, 1.8]
 * ```
 */
export function rmsprop(learningRate: number | Schedule = 0.001, options: RmspropOptions = {}): Optimizer {
  const {
    rho = 0.9,
    momentum = 0,
    epsilon = 1e-7,
    centered = false,
    ...common
  } = readOptions('rmsprop', options, rmspropOptions);
  checkBeta('rmsprop', 'rho', rho);
  checkEpsilon('rmsprop', epsilon);
  if (!(momentum >= 0 && momentum < 1)) {
    throw new RangeError(`rmsprop: momentum must be at least 0 and less than 1; got ${momentum}`);
  }
  const slots = [{ name: 'meanSquare' }, { name: 'mean' }, { name: 'momentum' }];
  const isKept = [true, centered, momentum > 0];
  const rule: UpdateRule = {
    name: 'rmsprop',
    isElementwise: true,
    slots: slots.filter((_, i) => isKept[i]),
    begin: (rate) => (x, dx, state) => {
      const [v = x, ...others] = state;
      const meanSquare = movingMean(v, dx.square(), rho);
      const mean = centered ? movingMean(others[0] ?? x, dx, rho) : undefined;
      const spread = mean ? meanSquare.sub(mean.square()) : meanSquare; // E g² − (E g)²
      const step = dx.mul(rate).div(spread.add(epsilon).sqrt());
      const kept = mean ? [meanSquare, mean] : [meanSquare];
      if (momentum === 0) return { x: x.sub(step), state: kept };
      const move = flushToZero((others.at(-1) ?? x).mul(momentum).add(step)); // d ← μ·d + η·g / √(v + ε)
      return { x: x.sub(move), state: [...kept, move] };
    },
  };
  return withConfig(optimizerOf(rule, learningRate, common), 'rmsprop', { learningRate, ...options });
}
