// meanSquaredError: the mean of the squared errors.

import { withConfig } from '@treadle/tensor';
import { type Loss, type LossOptions, lossOf } from '../loss/loss.ts';
import { meanOfLast } from '../loss/shapes.ts';

/**
 * (yPred − yTrue)², averaged over the last axis, then reduced: yTrue and yPred [n, …] → 0-d. Throws RangeError for an unknown reduction, the loss ShapeError for shapes that do not fit.
 *
 * @example
 * ```ts
 * import { meanSquaredError } from 'treadle';
 * meanSquaredError()([[1, 2]], [[1, 4]]); // → 2
 * ```
 */
export function meanSquaredError(options: LossOptions = {}): Loss {
  return withConfig(
    lossOf('meanSquaredError', options, (y, p) => meanOfLast(p.sub(y).square())),
    'meanSquaredError',
    options,
  );
}
