// piecewiseConstantDecay: a learning rate that is constant between boundaries.

import { checkNumbers, tensor } from '@treadle/tensor';
import { type RateAt, rateAt } from './schedule.ts';

/**
 * values[0] up to and including step boundaries[0], values[1] up to and including boundaries[1], …, then the last value. Throws RangeError
 * unless the boundaries ascend and there is one value more than boundaries.
 *
 * @example
 * ```ts
 * import { piecewiseConstantDecay } from 'treadle';
 * piecewiseConstantDecay([10], [1, 0.5])(11); // → 0.5
 * ```
 */
export function piecewiseConstantDecay(boundaries: readonly number[], values: readonly number[]): RateAt {
  checkNumbers('piecewiseConstantDecay: boundaries', boundaries);
  checkNumbers('piecewiseConstantDecay: values', values);
  if (values.length !== boundaries.length + 1) {
    const got = `got ${values.length} for ${boundaries.length}`;
    throw new RangeError(`piecewiseConstantDecay: there must be one value more than boundaries; ${got}`);
  }
  if (boundaries.some((boundary, i) => !(boundary > (boundaries[i - 1] ?? Number.NEGATIVE_INFINITY)))) {
    throw new RangeError(`piecewiseConstantDecay: boundaries must rise; got ${boundaries.join(', ')}`);
  }
  return rateAt('piecewiseConstantDecay', [boundaries, values], (step) =>
    boundaries.reduce(
      (rate, boundary, i) => step.greater(boundary).where(values[i + 1] ?? 0, rate),
      tensor(values[0] ?? 0),
    ),
  );
}
