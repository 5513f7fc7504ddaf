// Learning rates that change with the step: functions from the number of steps made before (0-d float32) to the rate (0-d).

import type { Tensor } from '@treadle/tensor';

export type Schedule = (step: Tensor) => Tensor;

export interface ExponentialDecayOptions {
  /** whether the exponent is rounded down, so that the rate falls in steps; false by default */
  readonly staircase?: boolean;
}

/** initialRate·decayRate^(step / decaySteps). Throws RangeError for decaySteps or decayRate that are not above 0. */
export function exponentialDecay(
  initialRate: number,
  decaySteps: number,
  decayRate: number,
  { staircase = false }: ExponentialDecayOptions = {},
): Schedule {
  if (!(decaySteps > 0 && decayRate > 0)) {
    throw new RangeError(
      `exponentialDecay: decaySteps and decayRate must be above 0; got ${decaySteps} and ${decayRate}`,
    );
  }
  return (step) => {
    const periods = step.div(decaySteps);
    const exponent = staircase ? periods.floor() : periods;
    return exponent.mul(Math.log(decayRate)).exp().mul(initialRate); // rᵗ = e^(t·ln r)
  };
}
