// categoricalHinge: the loss of a classifier of several classes with a margin.

import { withConfig } from '@treadle/tensor';
import { type Loss, type LossOptions, lossOf } from '../loss/loss.ts';

/**
 * max(0, 1 + the largest score of a wrong class − the score of the right class) along the last axis, then reduced: yTrue one-hot, yPred [n, classes] → 0-d. Throws RangeError for an unknown reduction, the loss ShapeError for shapes that do not fit.
 *
 * @example
 * ```ts
 * import { categoricalHinge } from 'treadle';
 * categoricalHinge()([[0, 1]], [[0.5, 1]]); // → 0.5
 * ```
 */
export function categoricalHinge(options: LossOptions = {}): Loss {
  return withConfig(
    lossOf('categoricalHinge', options, (target, prediction) => {
      const right = target.mul(prediction).sum(-1);
      const wrong = target.neg().add(1).mul(prediction).max(-1);
      return wrong.sub(right).add(1).relu();
    }),
    'categoricalHinge',
    options,
  );
}
