// categoricalCrossentropy: the cross-entropy of one class out of several, for one-hot targets.

import { type OptionKinds, ShapeError, showShape, withConfig } from '@treadle/tensor';
import { logOfProbabilities, logProbabilitiesOfLogits } from '../loss/log-probabilities.ts';
import { type Loss, lossOf, readLossOptions } from '../loss/loss.ts';
import {
  type CrossentropyOptions,
  checkSmoothing,
  crossentropyOptions,
  withRangeWarning,
} from '../loss/probabilities.ts';

/** Options of `categoricalCrossentropy`. */
export interface CategoricalCrossentropyOptions extends CrossentropyOptions {
  /** the share of the target that is spread evenly over all classes, from 0 to 1; 0 by default */
  readonly labelSmoothing?: number;
}

const categoricalCrossentropyOptions: OptionKinds<CategoricalCrossentropyOptions> = {
  ...crossentropyOptions,
  labelSmoothing: 'number',
};

/**
 * −Σ yTrue·ln p over the last axis, then reduced: yTrue [n, classes] one-hot or probabilities, yPred [n, classes] of probabilities, or
 * logits with fromLogits → 0-d. Throws RangeError unless 0 ≤ labelSmoothing ≤ 1, the loss ShapeError for shapes that do not fit.
 *
 * @example
 * ```ts
 * import { categoricalCrossentropy } from 'treadle';
 * categoricalCrossentropy()([[0, 1]], [[0.5, 0.5]]); // → 0.693147
 * ```
 */
export function categoricalCrossentropy(options: CategoricalCrossentropyOptions = {}): Loss {
  const name = 'categoricalCrossentropy';
  readLossOptions(name, options, categoricalCrossentropyOptions);
  const { fromLogits = false, labelSmoothing = 0, reduction } = options;
  checkSmoothing(name, labelSmoothing);
  const logProbabilities = fromLogits ? logProbabilitiesOfLogits : logOfProbabilities;
  const loss = lossOf(name, { reduction }, (target, prediction) => {
    const classes = prediction.shape.at(-1) ?? 0;
    if (classes < 2) {
      throw new ShapeError(
        `${name}: the last axis must hold two classes or more; got ${showShape(prediction.shape)}; binaryCrossentropy is for one figure a sample`,
      );
    }
    const y = labelSmoothing > 0 ? target.mul(1 - labelSmoothing).add(labelSmoothing / classes) : target;
    return y.mul(logProbabilities(prediction)).sum(-1).neg();
  });
  return withConfig(withRangeWarning(name, fromLogits, loss), 'categoricalCrossentropy', options);
}
