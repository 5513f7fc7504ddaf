// A rate that falls as the reciprocal of time.

import { checkNotNegative, checkPositive, type Schedule } from '../schedule.ts';
import type { StaircaseOptions } from './exponential-decay.ts';

/** initialRate / (1 + decayRate·step / decaySteps). Throws RangeError for decaySteps not above 0 or a decayRate below 0. */
export function inverseTimeDecay(
  initialRate: number,
  decaySteps: number,
  decayRate: number,
  { staircase = false }: StaircaseOptions = {},
): Schedule {
  checkPositive('inverseTimeDecay', { decaySteps });
  checkNotNegative('inverseTimeDecay', { decayRate });
  return (step) => {
    const periods = step.div(decaySteps);
    const time = staircase ? periods.floor() : periods;
    return time.mul(decayRate).add(1).reciprocal().mul(initialRate);
  };
}
