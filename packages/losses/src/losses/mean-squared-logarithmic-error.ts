// meanSquaredLogarithmicError: the mean of the squared errors of logarithms.

import { type Tensor, withConfig } from '@treadle/tensor';
import { type Loss, type LossOptions, lossOf } from '../loss/loss.ts';
import { epsilon, meanOfLast } from '../loss/shapes.ts';

/**
 * (ln(1 + yTrue) − ln(1 + yPred))², where values below 10⁻⁷ count as 10⁻⁷; averaged over the last axis, then reduced: yTrue and yPred [n, …] → 0-d. Throws RangeError for an unknown reduction, the loss ShapeError for shapes that do not fit.
 *
 * @example
 * ```ts
 * import { meanSquaredLogarithmicError } from 'treadle';
 * meanSquaredLogarithmicError()([[0, 0]], [[0, Math.E - 1]]); // → 0.5
 * ```
 */
export function meanSquaredLogarithmicError(options: LossOptions = {}): Loss {
  const logarithm = (x: Tensor): Tensor => x.maximum(epsilon).log1p();
  return withConfig(
    lossOf('meanSquaredLogarithmicError', options, (y, p) => meanOfLast(logarithm(y).sub(logarithm(p)).square())),
    'meanSquaredLogarithmicError',
    options,
  );
}
