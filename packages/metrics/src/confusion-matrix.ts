// confusionMatrix: how often each class is predicted as each class. It is a function of tensors, not a metric with a total.

import { labelsFor } from '@treadle/losses';
import { eye, lookUp, type Tensor, type TensorLike, tensor } from '@treadle/tensor';

/**
 * Counts [classes, classes], int32: row i, column j is the number of samples with label i in yTrue, [n] or [n, 1], for which class j is the
 * largest of yPred [n, classes]. Throws RangeError for a label that is not a class, at once if labels are known, otherwise when the
 * counts are computed; ShapeError for shapes that do not fit.
 *
 * @example
 * ```ts
 * import { metrics } from 'treadle';
 * metrics.confusionMatrix([1, 0], [[0.2, 0.8], [0.3, 0.7]]); // → [[0, 1], [0, 1]]
 * ```
 */
export function confusionMatrix(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const prediction = tensor(yPred);
  const classes = prediction.shape.at(-1) ?? 0;
  const labels = labelsFor('confusionMatrix', tensor(yTrue), prediction);
  const isLabel = lookUp('confusionMatrix', eye(classes), labels.reshape([-1]));
  const isPredicted = prediction.argmax(-1).reshape([-1]).oneHot(classes);
  return isLabel.matmul(isPredicted, { transposeA: true }).cast('int32');
}
