// meanAbsoluteError: the mean of the absolute errors.

import { withConfig } from '@treadle/tensor';
import { type Loss, type LossOptions, lossOf } from '../loss/loss.ts';
import { meanOfLast } from '../loss/shapes.ts';

/**
 * |yPred − yTrue|, averaged over the last axis, then reduced: yTrue and yPred [n, …] → 0-d. The gradient is 0 where both are equal. Throws RangeError for an unknown reduction, the loss ShapeError for shapes that do not fit.
 *
 * @example
 * ```ts
 * import { meanAbsoluteError } from 'treadle';
 * meanAbsoluteError()([[1, 2]], [[1, 4]]); // → 1
 * ```
 */
export function meanAbsoluteError(options: LossOptions = {}): Loss {
  return withConfig(
    lossOf('meanAbsoluteError', options, (y, p) => meanOfLast(p.sub(y).abs())),
    'meanAbsoluteError',
    options,
  );
}
