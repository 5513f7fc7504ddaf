// polynomialDecay: a learning rate that falls to an end rate along a power of the time left.

import { type OptionKinds, readOptions } from '@treadle/tensor';
import { checkNotNegative, checkPositive, checkRate, type RateAt, rateAt } from './schedule.ts';

/** Options of `polynomialDecay`. */
export interface PolynomialDecayOptions {
  /** the rate after decaySteps; 0.0001 by default */
  readonly endRate?: number;
  /** the exponent; 1 by default: a straight line */
  readonly power?: number;
  /** whether the rate rises again after each period, and falls over 2, 3, … times decaySteps; false by default */
  readonly cycle?: boolean;
}

const polynomialDecayOptions: OptionKinds<PolynomialDecayOptions> = {
  endRate: 'number',
  power: 'number',
  cycle: 'boolean',
};

/**
 * (initialRate − endRate)·(1 − step / decaySteps)^power + endRate, and endRate from decaySteps on. Throws RangeError for decaySteps or a
 * power that is not above 0, or an endRate below 0.
 *
 * @example
 * ```ts
 * import { polynomialDecay } from 'treadle';
 * polynomialDecay(1, 10, { endRate: 0 })(5); // → 0.5
 * ```
 */
export function polynomialDecay(initialRate: number, decaySteps: number, options: PolynomialDecayOptions = {}): RateAt {
  const { endRate = 1e-4, power = 1, cycle = false } = readOptions('polynomialDecay', options, polynomialDecayOptions);
  checkRate('polynomialDecay', initialRate);
  checkPositive('polynomialDecay', { decaySteps, power });
  checkNotNegative('polynomialDecay', { endRate });
  return rateAt('polynomialDecay', [initialRate, decaySteps, options], (step) => {
    const periods = step.div(decaySteps);
    const passed = cycle ? periods.div(periods.ceil().maximum(1)) : periods.minimum(1);
    const left = passed.neg().add(1);
    return left
      .pow(power)
      .mul(initialRate - endRate)
      .add(endRate);
  });
}
