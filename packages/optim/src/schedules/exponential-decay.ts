// exponentialDecay and stepDecay: learning rates that fall by the same factor in equal times, smoothly or in steps.

import { type OptionKinds, readOptions, withConfig } from '@treadle/tensor';
import { checkPositive, checkRate, type RateAt, rateAt } from './schedule.ts';

/** Options of the schedules that decay step by step. */
export interface StaircaseOptions {
  /** whether only whole periods count, so that the rate falls in steps; false by default */
  readonly staircase?: boolean;
}

export const staircaseOptions: OptionKinds<StaircaseOptions> = {
  staircase: 'boolean',
};

/**
 * initialRate·decayRate^(step / decaySteps). Throws RangeError for decaySteps or a decayRate that is not above 0.
 *
 * @example
 * ```ts
 * import { exponentialDecay } from 'treadle';
 * exponentialDecay(1, 10, 0.5)(20); // → 0.25
 * ```
 */
export function exponentialDecay(
  initialRate: number,
  decaySteps: number,
  decayRate: number,
  options: StaircaseOptions = {},
): RateAt {
  const { staircase = false } = readOptions('exponentialDecay', options, staircaseOptions);
  checkRate('exponentialDecay', initialRate);
  checkPositive('exponentialDecay', { decaySteps, decayRate });
  return rateAt('exponentialDecay', [initialRate, decaySteps, decayRate, options], (step) => {
    const periods = step.div(decaySteps);
    const exponent = staircase ? periods.floor() : periods;
    return exponent.mul(Math.log(decayRate)).exp().mul(initialRate); // rᵗ = e^(t·ln r)
  });
}

/**
 * initialRate·factor^⌊step / stepSize⌋; the factor is 0.1 by default. Throws RangeError for a stepSize or a factor that is not above 0.
 *
 * @example
 * ```ts
 * import { stepDecay } from 'treadle';
 * stepDecay(1, 10)(19); // → 0.1
 * ```
 */
export function stepDecay(initialRate: number, stepSize: number, factor = 0.1): RateAt {
  checkPositive('stepDecay', { stepSize, factor });
  return withConfig(exponentialDecay(initialRate, stepSize, factor, { staircase: true }), 'stepDecay', {
    arguments: [initialRate, stepSize, factor],
  });
}
