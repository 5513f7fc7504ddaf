// A rate that falls by the same factor in equal times, smoothly or in stairs.

import { type OptionKinds, readOptions } from '@treadle/tensor';
import { checkPositive, checkRate, type RateAt, rateAt } from './schedule.ts';

export interface StaircaseOptions {
  /** whether whole periods alone count, so that the rate falls in steps; false by default */
  readonly staircase?: boolean;
}

export const staircaseOptions: OptionKinds<StaircaseOptions> = {
  staircase: 'boolean',
};

/** initialRate·decayRate^(step / decaySteps). Throws RangeError for decaySteps or decayRate that are not above 0. */
export function exponentialDecay(
  initialRate: number,
  decaySteps: number,
  decayRate: number,
  options: StaircaseOptions = {},
): RateAt {
  const { staircase = false } = readOptions('exponentialDecay', options, staircaseOptions);
  checkRate('exponentialDecay', initialRate);
  checkPositive('exponentialDecay', { decaySteps, decayRate });
  return rateAt((step) => {
    const periods = step.div(decaySteps);
    const exponent = staircase ? periods.floor() : periods;
    return exponent.mul(Math.log(decayRate)).exp().mul(initialRate); // rᵗ = e^(t·ln r)
  });
}

/** initialRate·factor^⌊step / stepSize⌋: less by a factor, 0.1 by default, every so many steps. Throws RangeError as above. */
export function stepDecay(initialRate: number, stepSize: number, factor = 0.1): RateAt {
  checkPositive('stepDecay', { stepSize, factor });
  return exponentialDecay(initialRate, stepSize, factor, { staircase: true });
}
