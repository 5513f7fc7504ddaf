// Rates that rise and fall in straight lines (L. Smith, Cyclical learning rates, 2017; super-convergence, 2018), and a warm-up for
// any schedule.

import { checkNumber, type OptionKinds, readOptions, show, tensor } from '@treadle/tensor';
import { checkNotNegative, checkPositive, type RateAt, rateAt, type Schedule } from './schedule.ts';

export interface CyclicOptions {
  /** triangular: all peaks alike, the default; triangular2: each half as high as the last; expRange: gamma^step as high */
  readonly mode?: 'triangular' | 'triangular2' | 'expRange';
  /** for expRange; 1 by default */
  readonly gamma?: number;
}

const cyclicOptions: OptionKinds<CyclicOptions> = {
  mode: 'any',
  gamma: 'number',
};

/** From baseRate up to maxRate in stepSize steps, down again in as many, and so on. Throws RangeError. */
export function cyclicRate(baseRate: number, maxRate: number, stepSize: number, options: CyclicOptions = {}): RateAt {
  const { mode = 'triangular', gamma = 1 } = readOptions('cyclicRate', options, cyclicOptions);
  checkPositive('cyclicRate', { stepSize, gamma });
  checkNotNegative('cyclicRate', { baseRate, maxRate });
  if (mode !== 'triangular' && mode !== 'triangular2' && mode !== 'expRange') {
    throw new RangeError(`cyclicRate: mode must be triangular, triangular2 or expRange; got ${show(mode)}`);
  }
  return rateAt((step) => {
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

export interface OneCycleOptions {
  /** the share of the steps in which the rate rises; 0.3 by default */
  readonly riseShare?: number;
  /** how many times smaller than maxRate the rate begins; 25 by default */
  readonly divFactor?: number;
  /** how many times smaller than at the beginning it ends; 10,000 by default */
  readonly finalDivFactor?: number;
}

const oneCycleOptions: OptionKinds<OneCycleOptions> = {
  riseShare: 'number',
  divFactor: 'number',
  finalDivFactor: 'number',
};

/** Up to maxRate and down to almost nothing within totalSteps, along half cosines, and then no more. Throws RangeError. */
export function oneCycle(maxRate: number, totalSteps: number, options: OneCycleOptions = {}): RateAt {
  const { riseShare = 0.3, divFactor = 25, finalDivFactor = 1e4 } = readOptions('oneCycle', options, oneCycleOptions);
  checkPositive('oneCycle', { maxRate, totalSteps, divFactor, finalDivFactor });
  if (!(riseShare > 0 && riseShare < 1)) {
    throw new RangeError(`oneCycle: riseShare must be above 0 and below 1; got ${riseShare}`);
  }
  const first = maxRate / divFactor;
  const last = first / finalDivFactor;
  const peakAt = riseShare * totalSteps;
  return rateAt((step) => {
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

/** Leads the rate in a straight line from 0 to the schedule's within so many steps; the schedule's own time goes on meanwhile. */
export function warmup(schedule: number | Schedule, steps: number): RateAt {
  checkPositive('warmup', { steps });
  if (typeof schedule !== 'function') checkNumber('warmup: the schedule', schedule);
  const later: Schedule = typeof schedule === 'function' ? schedule : () => tensor(schedule);
  return rateAt((step) => step.add(1).div(steps).minimum(1).mul(later(step)));
}
