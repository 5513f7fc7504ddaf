// hinge: the loss of a classifier with a margin, for targets −1 and 1.

import { withConfig } from '@treadle/tensor';
import { type Loss, type LossOptions, lossOf } from '../loss/loss.ts';
import { belowMargin } from '../loss/margin.ts';
import { meanOfLast } from '../loss/shapes.ts';

/**
 * max(0, 1 − yTrue·yPred), averaged over the last axis, then reduced: yTrue of −1 (or 0) and 1, yPred [n, …] → 0-d. Throws RangeError for an unknown reduction, the loss ShapeError for shapes that do not fit.
 *
 * @example
 * ```ts
 * import { hinge } from 'treadle';
 * hinge()([[1, -1]], [[0.5, 0.5]]); // → 1
 * ```
 */
export function hinge(options: LossOptions = {}): Loss {
  return withConfig(
    lossOf('hinge', options, (target, prediction) => meanOfLast(belowMargin(target, prediction))),
    'hinge',
    options,
  );
}
