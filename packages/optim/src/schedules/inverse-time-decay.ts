// inverseTimeDecay: a learning rate that falls as the reciprocal of time.

import { readOptions } from '@treadle/tensor';
import { type StaircaseOptions, staircaseOptions } from './exponential-decay.ts';
import { checkNotNegative, checkPositive, checkRate, type RateAt, rateAt } from './schedule.ts';

/**
 * initialRate / (1 + decayRate·step / decaySteps). Throws RangeError for decaySteps that are not above 0 or a decayRate below 0.
 *
 * @example
 * ```ts
 * import { inverseTimeDecay } from 'treadle';
 * inverseTimeDecay(1, 10, 1)(10); // → 0.5
 * ```
 */
export function inverseTimeDecay(
  initialRate: number,
  decaySteps: number,
  decayRate: number,
  options: StaircaseOptions = {},
): RateAt {
  const { staircase = false } = readOptions('inverseTimeDecay', options, staircaseOptions);
  checkRate('inverseTimeDecay', initialRate);
  checkPositive('inverseTimeDecay', { decaySteps });
  checkNotNegative('inverseTimeDecay', { decayRate });
  return rateAt('inverseTimeDecay', [initialRate, decaySteps, decayRate, options], (step) => {
    const periods = step.div(decaySteps);
    const time = staircase ? periods.floor() : periods;
    return time.mul(decayRate).add(1).reciprocal().mul(initialRate);
  });
}
