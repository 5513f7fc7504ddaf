// cosineSimilarity: the negative cosine of the angle between target and prediction.

import { type Tensor, withConfig } from '@treadle/tensor';
import { type Loss, type LossOptions, lossOf } from '../loss/loss.ts';
import { epsilon } from '../loss/shapes.ts';

/**
 * −(yTrue·yPred) / (‖yTrue‖·‖yPred‖) along the last axis, from −1 (same direction) to 1 (opposite); then reduced: yTrue and yPred [n, features] → 0-d. A vector of zeros gives 0. Throws RangeError for an unknown reduction, the loss ShapeError for shapes that do not fit.
 *
 * @example
 * ```ts
 * import { cosineSimilarity } from 'treadle';
 * cosineSimilarity()([[1, 0]], [[3, 4]]); // → -0.6
 * ```
 */
export function cosineSimilarity(options: LossOptions = {}): Loss {
  return withConfig(
    lossOf('cosineSimilarity', options, (target, prediction) => {
      const vector = (x: Tensor): Tensor => (x.rank === 0 ? x.expandDims(0) : x);
      const unit = (x: Tensor): Tensor =>
        x.div(
          x
            .square()
            .sum(-1, { keepDims: true })
            .maximum(epsilon ** 2)
            .sqrt(),
        );
      return unit(vector(target))
        .mul(unit(vector(prediction)))
        .sum(-1)
        .neg();
    }),
    'cosineSimilarity',
    options,
  );
}
