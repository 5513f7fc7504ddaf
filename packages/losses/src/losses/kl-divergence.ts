// klDivergence: the Kullback-Leibler divergence of distributions.

import { withConfig } from '@treadle/tensor';
import { type Loss, type LossOptions, lossOf } from '../loss/loss.ts';
import { withRangeWarning } from '../loss/probabilities.ts';
import { epsilon } from '../loss/shapes.ts';

/**
 * Σ yTrue·ln(yTrue / yPred) over the last axis, both clipped to 10⁻⁷ … 1; then reduced: yTrue and yPred [n, classes] → 0-d. Throws RangeError for an unknown reduction, the loss ShapeError for shapes that do not fit.
 *
 * @example
 * ```ts
 * import { klDivergence } from 'treadle';
 * klDivergence()([[1, 0]], [[0.5, 0.5]]); // → 0.693146
 * ```
 */
export function klDivergence(options: LossOptions = {}): Loss {
  const loss = lossOf('klDivergence', options, (target, prediction) => {
    const [y, p] = [target.clip(epsilon, 1), prediction.clip(epsilon, 1)];
    const terms = y.mul(y.div(p).log());
    return terms.rank === 0 ? terms : terms.sum(-1);
  });
  return withConfig(withRangeWarning('klDivergence', undefined, loss), 'klDivergence', options);
}
