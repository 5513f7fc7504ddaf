// poisson: the negative log-likelihood of counts, without its constant.

import { withConfig } from '@treadle/tensor';
import { type Loss, type LossOptions, lossOf } from '../loss/loss.ts';
import { epsilon, meanOfLast } from '../loss/shapes.ts';

/**
 * yPred − yTrue·ln(yPred + 10⁻⁷), averaged over the last axis, then reduced: yTrue and yPred [n, …] → 0-d. Throws RangeError for an unknown reduction, the loss ShapeError for shapes that do not fit.
 *
 * @example
 * ```ts
 * import { poisson } from 'treadle';
 * poisson()([[2]], [[1]]); // → 1
 * ```
 */
export function poisson(options: LossOptions = {}): Loss {
  return withConfig(
    lossOf('poisson', options, (y, p) => meanOfLast(p.sub(y.mul(p.add(epsilon).log())))),
    'poisson',
    options,
  );
}
