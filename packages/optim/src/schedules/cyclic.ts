// cyclicRate and oneCycle: learning rates that rise and fall (L. Smith, Cyclical learning rates, 2017; super-convergence, 2018). warmup: a
// linear warm-up before any schedule.

import { checkNumber, type OptionKinds, readOptions, show, tensor } from '@treadle/tensor';
import { checkNotNegative, checkPositive, type RateAt, rateAt, type Schedule } from './schedule.ts';

/** Options of `cyclicRate`. */
export interface CyclicOptions {
  /** the heights of the peaks: 'triangular', the default, equal; 'triangular2' halved each time; 'expRange' times gamma^step */
  readonly mode?: 'triangular' | 'triangular2' | 'expRange';
  /** the base of 'expRange'; 1 by default */
  readonly gamma?: number;
}

const cyclicOptions: OptionKinds<CyclicOptions> = {
  mode: 'any',
  gamma: 'number',
};

/**
 * From baseRate up to maxRate in stepSize steps, down again in as many, and so on. Throws RangeError for a stepSize or gamma that is not
 * above 0, rates below 0, and an unknown mode.
 *
 * @example
 * ```ts
 * import { cyclicRate } from 'treadle';
 * cyclicRate(0, 1, 10)(15); // → 0.5
 * ```
 */
export function cyclicRate(baseRate: number, maxRate: number, stepSize: number, options: CyclicOptions = {}): RateAt {
  const { mode = 'triangular', gamma = 1 } = readOptions('cyclicRate', options, cyclicOptions);
  checkPositive('cyclicRate', { stepSize, gamma });
  checkNotNegative('cyclicRate', { baseRate, maxRate });
  if (mode !== 'triangular' && mode !== 'triangular2' && mode !== 'expRange') {
    throw new RangeError(`cyclicRate: mode must be triangular, triangular2 or expRange; got ${show(mode)}`);
  }
  return rateAt('cyclicRate', [baseRate, maxRate, stepSize, options], (step) => {
    const cycle = step.div(2 * stepSize).floor(); // from 0
    const height = step.div(stepSize).sub(cycle.mul(2).add(1)).abs().neg().add(1); // 0 … 1 … 0
    const peak =
      mode === 'triangular'
        ? tensor(1)
        : (mode === 'triangular2' ? cycle.mul(-Math.LN2) : step.mul(Math.log(gamma))).exp(); // 2⁻ᶜ, γᵗ
    return height
      .mul(peak)
      .mul(maxRate - baseRate)
      .add(baseRate);
  });
}

/** Options of `oneCycle`. */
export interface OneCycleOptions {
  /** the share of the steps in which the rate rises; 0.3 by default */
  readonly riseShare?: number;
  /** maxRate over the first rate; 25 by default */
  readonly divFactor?: number;
  /** the first rate over the last; 10,000 by default */
  readonly finalDivFactor?: number;
}

const oneCycleOptions: OptionKinds<OneCycleOptions> = {
  riseShare: 'number',
  divFactor: 'number',
  finalDivFactor: 'number',
};

/**
 * Up to maxRate and down to almost 0 within totalSteps, along half cosines, and then constant. Throws RangeError for rates, steps or factors
 * that are not above 0, and for a riseShare outside 0 … 1.
 *
 * @example
 * ```ts
 * import { oneCycle } from 'treadle';
 * oneCycle(1, 10)(3); // → 1
 * ```
 */
export function oneCycle(maxRate: number, totalSteps: number, options: OneCycleOptions = {}): RateAt {
  const { riseShare = 0.3, divFactor = 25, finalDivFactor = 1e4 } = readOptions('oneCycle', options, oneCycleOptions);
  checkPositive('oneCycle', { maxRate, totalSteps, divFactor, finalDivFactor });
  if (!(riseShare > 0 && riseShare < 1)) {
    throw new RangeError(`oneCycle: riseShare must be above 0 and below 1; got ${riseShare}`);
  }
  const first = maxRate / divFactor;
  const last = first / finalDivFactor;
  const peakAt = riseShare * totalSteps;
  return rateAt('oneCycle', [maxRate, totalSteps, options], (step) => {
    const rising = step.div(peakAt).minimum(1);
    const falling = step
      .sub(peakAt)
      .div(totalSteps - peakAt)
      .clip(0, 1);
    const up = rising
      .mul(Math.PI)
      .cos()
      .neg()
      .add(1)
      .mul((maxRate - first) / 2)
      .add(first);
    const down = falling
      .mul(Math.PI)
      .cos()
      .add(1)
      .mul((maxRate - last) / 2)
      .add(last);
    return step.less(peakAt).where(up, down);
  });
}

/**
 * The rate of the schedule times a factor that rises linearly to 1 within `steps`. The schedule counts these steps too. Throws RangeError
 * for steps that are not above 0.
 *
 * @example
 * ```ts
 * import { warmup } from 'treadle';
 * warmup(1, 10)(4); // → 0.5
 * ```
 */
export function warmup(schedule: number | Schedule, steps: number): RateAt {
  checkPositive('warmup', { steps });
  if (typeof schedule !== 'function') checkNumber('warmup: the schedule', schedule);
  const later: Schedule = typeof schedule === 'function' ? schedule : () => tensor(schedule);
  return rateAt('warmup', [schedule, steps], (step) => step.add(1).div(steps).minimum(1).mul(later(step)));
}
