// How targets and predictions are brought to one shape, for losses and for metrics.

import {
  DtypeError,
  isFloat,
  type Shape,
  ShapeError,
  showShape,
  type Tensor,
  type TensorLike,
  tensor,
} from '@treadle/tensor';

/** Keras's epsilon: the least divisor of a relative error, the least argument of a logarithm. */
export const epsilon = 1e-7;

/** A target and a prediction of one shape. */
export interface Pair {
  readonly target: Tensor;
  readonly prediction: Tensor;
}

/** The prediction as float32. Throws DtypeError unless it is float32 or float16. */
export function predictionOf(name: string, yPred: TensorLike): Tensor {
  const prediction = tensor(yPred);
  if (!isFloat(prediction.dtype)) {
    throw new DtypeError(
      `${name}: yPred must be float32; got ${prediction.dtype}; are yTrue and yPred the other way round?`,
    );
  }
  return prediction.dtype === 'float32' ? prediction : prediction.cast('float32');
}

/** Target and prediction as float32 of one shape. Throws as predictionOf and alignShapes do. */
export function pairUp(name: string, yTrue: TensorLike, yPred: TensorLike): Pair {
  const prediction = predictionOf(name, yPred);
  return alignShapes(name, tensor(yTrue).cast('float32'), prediction);
}

/**
 * Target and prediction in one shape. As in Keras, [n] beside [n, 1] becomes [n, 1], and with more axes a last axis of extent 1 is
 * dropped. Nothing is broadcast. Throws ShapeError for shapes that differ otherwise.
 */
export function alignShapes(name: string, yTrue: Tensor, yPred: Tensor): Pair {
  const [target, prediction] = [alignTo(yTrue, yPred), alignTo(yPred, yTrue)];
  if (!isEqual(target.shape, prediction.shape)) {
    const got = `got ${showShape(yTrue.shape)} and ${showShape(yPred.shape)}`;
    throw new ShapeError(`${name}: yTrue and yPred must have the same shape; ${got}`);
  }
  return { target, prediction };
}

/** x with one last axis of extent 1 more or less, if the other has it. */
function alignTo(x: Tensor, other: Tensor): Tensor {
  if (x.rank === 1 && other.rank === 2 && other.shape[1] === 1) return x.expandDims(-1);
  if (x.rank === other.rank + 1 && x.rank > 2 && x.shape.at(-1) === 1) return x.squeeze(-1);
  return x;
}

/**
 * Labels [...] or [..., 1] as int32 [...], for predictions [..., classes]. Throws ShapeError for another shape, with the hint if the
 * labels have as many axes as the predictions.
 */
export function labelsFor(name: string, yTrue: Tensor, yPred: Tensor, hint = ''): Tensor {
  const labels = yTrue.rank === yPred.rank && yTrue.shape.at(-1) === 1 ? yTrue.squeeze(-1) : yTrue;
  if (!isEqual(labels.shape, yPred.shape.slice(0, -1))) {
    const got = `got ${showShape(yTrue.shape)} for ${showShape(yPred.shape)}`;
    throw new ShapeError(
      `${name}: yTrue must hold a label for each row of yPred; ${got}${yTrue.rank === yPred.rank ? hint : ''}`,
    );
  }
  return labels.cast('int32');
}

/** The mean over the last axis of each sample; x itself for [n], n samples of one value each, and for a single number. */
export function meanOfLast(x: Tensor): Tensor {
  return x.rank < 2 ? x : x.mean(-1);
}

function isEqual(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, i) => extent === b[i]);
}
