// logCosh: a smooth loss between squared and absolute errors.

import { withConfig } from '@treadle/tensor';
import { type Loss, type LossOptions, lossOf } from '../loss/loss.ts';
import { meanOfLast } from '../loss/shapes.ts';

/**
 * ln cosh(yPred − yTrue), about d² / 2 for small errors d and |d| − ln 2 for large ones; averaged over the last axis, then reduced: yTrue and yPred [n, …] → 0-d. Throws RangeError for an unknown reduction, the loss ShapeError for shapes that do not fit.
 *
 * @example
 * ```ts
 * import { logCosh } from 'treadle';
 * logCosh()([[0]], [[1]]); // → 0.433781
 * ```
 */
export function logCosh(options: LossOptions = {}): Loss {
  return withConfig(
    lossOf('logCosh', options, (y, p) => {
      const distance = p.sub(y).abs();
      const e = distance.mul(-2).expm1(); // ln cosh d = d + ln((1 + e^−2d) / 2) = d + ln(1 + (e^−2d − 1) / 2)
      return meanOfLast(distance.add(e.mul(0.5).log1p()));
    }),
    'logCosh',
    options,
  );
}
