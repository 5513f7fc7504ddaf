// Which class was taken for which.

import { eye, lookUp, type Tensor, type TensorLike, tensor } from '@treadle/tensor';
import { labelsFor } from './metric.ts';

/**
 * Counts [classes, classes], int32: row i, column j says how often label i of yTrue [n] or [n, 1] was predicted as j, the largest of
 * yPred [n, classes]. Throws RangeError for a label that is no class, when the counts are computed unless it is known before.
 */
export function confusionMatrix(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const prediction = tensor(yPred);
  const classes = prediction.shape.at(-1) ?? 0;
  const labels = labelsFor('confusionMatrix', tensor(yTrue), prediction);
  const isLabel = lookUp('confusionMatrix', eye(classes), labels.reshape([-1]));
  const isPredicted = prediction.argmax(-1).reshape([-1]).oneHot(classes);
  return isLabel.matmul(isPredicted, { transposeA: true }).cast('int32');
}
