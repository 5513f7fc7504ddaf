// RMSprop (T. Hinton, lecture 6e, 2012): a gradient over the root of its mean square; with momentum and centring as in Keras.

import { type OptionKinds, readOptions } from '@treadle/tensor';
import type { Schedule } from '../schedules/schedule.ts';
import { settled } from '../update/flush-to-zero.ts';
import { nextMean } from '../update/moving-mean.ts';
import { type Optimizer, optimizerOf } from '../update/optimizer.ts';
import { checkBeta, checkEpsilon, type OptimizerOptions, optimizerOptions } from '../update/optimizer-options.ts';

export interface RmspropOptions extends OptimizerOptions {
  /** how slowly the mean of the squares forgets; 0.9 by default */
  readonly rho?: number;
  /** how much of the previous move is made again: from 0, the default, to less than 1 */
  readonly momentum?: number;
  /** 10⁻⁷ by default */
  readonly epsilon?: number;
  /** whether the variance of the gradients takes the place of their mean square; false by default */
  readonly centered?: boolean;
}

const rmspropOptions: OptionKinds<RmspropOptions> = {
  ...optimizerOptions,
  rho: 'number',
  momentum: 'number',
  epsilon: 'number',
  centered: 'boolean',
};

/** Throws RangeError for a rho outside 0 … 1, both excluded, a momentum outside 0 … 1, or an epsilon below 0. */
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
  return optimizerOf(
    {
      name: 'rmsprop',
      isElementwise: true,
      slots: slots.filter((_, i) => isKept[i]),
      begin: (rate) => (x, dx, state) => {
        const [v = x, ...others] = state;
        const meanSquare = nextMean(v, dx.square(), rho);
        const mean = centered ? nextMean(others[0] ?? x, dx, rho) : undefined;
        const spread = mean ? meanSquare.sub(mean.square()) : meanSquare; // E g² − (E g)²
        const step = dx.mul(rate).div(spread.add(epsilon).sqrt());
        const kept = mean ? [meanSquare, mean] : [meanSquare];
        if (momentum === 0) return { x: x.sub(step), state: kept };
        const move = settled((others.at(-1) ?? x).mul(momentum).add(step)); // d ← μ·d + η·g / √(v + ε)
        return { x: x.sub(move), state: [...kept, move] };
      },
    },
    learningRate,
    common,
  );
}
