// sparseCategoricalCrossentropy: the cross-entropy of one class out of several, for labels.

import { arange, DtypeError, type Shape, ShapeError, showShape, tensor, where, withConfig } from '@treadle/tensor';
import { logOfProbabilities, logProbabilitiesOfLogits } from '../loss/log-probabilities.ts';
import { type Loss, readLossOptions, reducer } from '../loss/loss.ts';
import { type CrossentropyOptions, crossentropyOptions, withRangeWarning } from '../loss/probabilities.ts';
import { labelsFor, predictionOf } from '../loss/shapes.ts';

/**
 * −ln p[label], then reduced: yTrue [n] or [n, 1] of labels 0 … classes − 1, yPred [n, classes] of probabilities, or logits with
 * fromLogits → 0-d. A label out of range makes the loss NaN; a model refuses it before it trains. Throws RangeError for an unknown
 * reduction, the loss ShapeError for shapes that do not fit and DtypeError for labels that are bool.
 *
 * @example
 * ```ts
 * import { sparseCategoricalCrossentropy } from 'treadle';
 * sparseCategoricalCrossentropy()([1], [[0.5, 0.5]]); // → 0.693147
 * ```
 */
export function sparseCategoricalCrossentropy(options: CrossentropyOptions = {}): Loss {
  const name = 'sparseCategoricalCrossentropy';
  const { fromLogits = false, reduction } = readLossOptions(name, options, crossentropyOptions);
  const reduce = reducer(name, reduction);
  const logProbabilities = fromLogits ? logProbabilitiesOfLogits : logOfProbabilities;
  const loss: Loss = (yTrue, yPred, sampleWeight, mask) => {
    const prediction = predictionOf(name, yPred);
    const classes = prediction.shape.at(-1);
    if (classes === undefined || classes < 1) {
      throw new ShapeError(`${name}: yPred must have an axis of classes; got ${showShape(prediction.shape)}`);
    }
    const given = tensor(yTrue);
    if (given.dtype === 'bool')
      throw new DtypeError(`${name}: labels must be whole numbers; got bool; cast('int32') makes 0 and 1 of it`);
    const labels = labelsFor(name, given, prediction, '; categoricalCrossentropy takes one-hot rows');
    const isLabel = labels.expandDims(-1).equal(arange(classes));
    const chosen = where(isLabel, logProbabilities(prediction), 0).sum(-1); // all other terms are 0: exact
    const exists = labels.greaterEqual(0).logicalAnd(labels.less(classes));
    return reduce(where(exists, chosen.neg(), Number.NaN), sampleWeight, mask);
  };
  return withConfig(
    Object.assign(withRangeWarning(name, fromLogits, loss), { checkTargets: checkLabels }),
    'sparseCategoricalCrossentropy',
    options,
  );
}

/** Throws RangeError unless every label is a whole number below the number of classes. */
function checkLabels(op: string, labels: ArrayLike<number>, predictionShape: Shape): void {
  const classes = predictionShape.at(-1) ?? 0;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] ?? -1;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new RangeError(
        `${op}: a class label must be a whole number from 0 to ${classes - 1}; got ${label} in row ${i}`,
      );
    }
  }
}
