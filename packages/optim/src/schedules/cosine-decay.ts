// cosineDecay and cosineDecayRestarts: learning rates that fall along half a cosine, once or repeatedly (I. Loshchilov, F. Hutter, SGDR,
// 2017).

import { type OptionKinds, pow, readOptions, type Tensor } from '@treadle/tensor';
import { checkNotNegative, checkPositive, checkRate, type RateAt, rateAt } from './schedule.ts';

/** (1 − α)·(1 + cos πt) / 2 + α: from 1 at t = 0 to α at t = 1. */
function fall(t: Tensor, alpha: number): Tensor {
  return t
    .mul(Math.PI)
    .cos()
    .add(1)
    .mul((1 - alpha) / 2)
    .add(alpha);
}

/** Options of `cosineDecay`. */
export interface CosineDecayOptions {
  /** the share of the rate that is left at the end; 0 by default */
  readonly alpha?: number;
  /** the rate at the end of a linear warm-up that begins with initialRate; no warm-up by default */
  readonly warmupTarget?: number;
  /** the number of steps of the warm-up; 0 by default */
  readonly warmupSteps?: number;
}

const cosineDecayOptions: OptionKinds<CosineDecayOptions> = {
  alpha: 'number',
  warmupTarget: 'number',
  warmupSteps: 'number',
};

/**
 * From initialRate, or warmupTarget, down to alpha times it within decaySteps, and then constant. Throws RangeError for decaySteps that are
 * not above 0 and for options below 0.
 *
 * @example
 * ```ts
 * import { cosineDecay } from 'treadle';
 * cosineDecay(1, 10)(5); // → 0.5
 * ```
 */
export function cosineDecay(initialRate: number, decaySteps: number, options: CosineDecayOptions = {}): RateAt {
  const { alpha = 0, warmupTarget, warmupSteps = 0 } = readOptions('cosineDecay', options, cosineDecayOptions);
  checkRate('cosineDecay', initialRate);
  checkPositive('cosineDecay', { decaySteps });
  checkNotNegative('cosineDecay', { alpha, warmupSteps, warmupTarget: warmupTarget ?? 0 });
  const kind = 'cosineDecay';
  const given = [initialRate, decaySteps, options];
  if (warmupTarget === undefined || warmupSteps === 0) {
    return rateAt(kind, given, (step) => fall(step.div(decaySteps).minimum(1), alpha).mul(initialRate));
  }
  return rateAt(kind, given, (step) => {
    const warming = step.mul((warmupTarget - initialRate) / warmupSteps).add(initialRate);
    const falling = fall(step.sub(warmupSteps).div(decaySteps).clip(0, 1), alpha).mul(warmupTarget);
    return step.less(warmupSteps).where(warming, falling);
  });
}

/** Options of `cosineDecayRestarts`. */
export interface CosineRestartsOptions {
  /** the factor of the length of each period to that before, ≥ 1; 2 by default */
  readonly tMul?: number;
  /** the factor of the first rate of each period to that of the period before; 1 by default */
  readonly mMul?: number;
  /** the share of the rate that is left at the end of a period; 0 by default */
  readonly alpha?: number;
}

const cosineRestartsOptions: OptionKinds<CosineRestartsOptions> = {
  tMul: 'number',
  mMul: 'number',
  alpha: 'number',
};

/**
 * Falls within firstDecaySteps, restarts, falls within tMul times as many steps, and so on. Throws RangeError for firstDecaySteps or an mMul
 * that is not above 0, a tMul below 1, or an alpha below 0.
 *
 * @example
 * ```ts
 * import { cosineDecayRestarts } from 'treadle';
 * cosineDecayRestarts(1, 10)(5); // → 0.5
 * ```
 */
export function cosineDecayRestarts(
  initialRate: number,
  firstDecaySteps: number,
  options: CosineRestartsOptions = {},
): RateAt {
  const { tMul = 2, mMul = 1, alpha = 0 } = readOptions('cosineDecayRestarts', options, cosineRestartsOptions);
  checkRate('cosineDecayRestarts', initialRate);
  checkPositive('cosineDecayRestarts', { firstDecaySteps, tMul, mMul });
  checkNotNegative('cosineDecayRestarts', { alpha });
  if (tMul < 1) throw new RangeError(`cosineDecayRestarts: tMul must be 1 or more; got ${tMul}`);
  return rateAt('cosineDecayRestarts', [initialRate, firstDecaySteps, options], (step) => {
    const time = step.div(firstDecaySteps); // in first periods
    const { index, passed } = tMul === 1 ? equalPeriods(time) : growingPeriods(time, tMul);
    return fall(passed, alpha)
      .mul(index.mul(Math.log(mMul)).exp())
      .mul(initialRate); // mⁱ = e^(i·ln m)
  });
}

/** The index of the period that the time is in, and the share of it that has passed. */
interface Period {
  readonly index: Tensor;
  readonly passed: Tensor;
}

function equalPeriods(time: Tensor): Period {
  const index = time.floor();
  return { index, passed: time.sub(index) };
}

/** Period i begins at (tⁱ − 1) / (t − 1) and lasts tⁱ. */
function growingPeriods(time: Tensor, t: number): Period {
  const lengthOf = (index: Tensor): Tensor => pow(t, index);
  const beginOf = (index: Tensor): Tensor =>
    lengthOf(index)
      .sub(1)
      .div(t - 1);
  // the logarithm may round a whole number up: then the period is the one before
  const near = time
    .mul(t - 1)
    .log1p()
    .div(Math.log(t))
    .round();
  const index = beginOf(near).lessEqual(time).where(near, near.sub(1));
  const passed = time.sub(beginOf(index)).div(lengthOf(index));
  return { index, passed: passed.clip(0, 1) };
}
