// Which class was taken for which.

import { type Tensor, type TensorLike, tensor } from '@treadle/tensor';
import { labelsFor } from './metric.ts';

/**
 * Counts [classes, classes], int32: row i, column j says how often label i of yTrue [n] or [n, 1] was predicted as j, the largest of
 * yPred [n, classes].
 */
export function confusionMatrix(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const prediction = tensor(yPred);
  const classes = prediction.shape.at(-1) ?? 0;
  const labels = labelsFor('confusionMatrix', tensor(yTrue), prediction);
  const oneHot = (label: Tensor): Tensor => label.reshape([-1]).oneHot(classes);
  return oneHot(labels)
    .matmul(oneHot(prediction.argmax(-1)), { transposeA: true })
    .cast('int32');
}
