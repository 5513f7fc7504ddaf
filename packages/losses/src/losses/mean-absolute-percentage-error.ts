// meanAbsolutePercentageError: the mean of the absolute errors in percent of the targets.

import { withConfig } from '@treadle/tensor';
import { type Loss, type LossOptions, lossOf } from '../loss/loss.ts';
import { epsilon, meanOfLast } from '../loss/shapes.ts';

/**
 * 100·|yTrue − yPred| / max(|yTrue|, 10⁻⁷), averaged over the last axis, then reduced: yTrue and yPred [n, …] → 0-d. Throws RangeError for an unknown reduction, the loss ShapeError for shapes that do not fit.
 *
 * @example
 * ```ts
 * import { meanAbsolutePercentageError } from 'treadle';
 * meanAbsolutePercentageError()([[1, 2]], [[1, 4]]); // → 50
 * ```
 */
export function meanAbsolutePercentageError(options: LossOptions = {}): Loss {
  return withConfig(
    lossOf('meanAbsolutePercentageError', options, (y, p) =>
      meanOfLast(y.sub(p).div(y.abs().maximum(epsilon)).abs().mul(100)),
    ),
    'meanAbsolutePercentageError',
    options,
  );
}
