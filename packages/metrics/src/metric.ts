// What a metric is: a mean over samples, given batch by batch as a sum and a count, so that it is exact over batches of unequal
// size. Sums are tensors, which a compiled step may compute; counts follow from shapes alone.

import { type Shape, ShapeError, type Tensor, type TensorLike, tensor } from '@treadle/tensor';

/** What one batch adds to a metric. */
export interface Contribution {
  /** over the samples of the batch: 0-d float32 */
  readonly sum: Tensor;
  /** how many figures the sum is of */
  readonly count: number;
}

export interface Metric {
  /** what it is called in a history, such as 'accuracy' */
  readonly name: string;
  /** Throws ShapeError for shapes that do not fit. Has no state: the caller adds up sums and counts. */
  update(yTrue: TensorLike, yPred: TensorLike): Contribution;
}

/** A metric that is the mean of one figure a sample; bool counts as 0 and 1. */
export function meanMetric(name: string, figures: (yTrue: Tensor, yPred: Tensor) => Tensor): Metric {
  return {
    name,
    update: (yTrue, yPred) => {
      const values = figures(tensor(yTrue), tensor(yPred)).cast('float32');
      return { sum: values.sum(), count: values.size };
    },
  };
}

export function show(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** Two tensors of one shape: [n] beside [n, 1] becomes [n, 1], and beyond that an axis of extent 1 at the end is dropped. */
export function pairUp(name: string, yTrue: Tensor, yPred: Tensor): readonly [Tensor, Tensor] {
  const a = alignTo(yTrue, yPred);
  const b = alignTo(yPred, yTrue);
  if (a.rank !== b.rank || a.shape.some((extent, i) => extent !== b.shape[i])) {
    throw new ShapeError(
      `${name}: yTrue and yPred must have the same shape; got ${show(yTrue.shape)} and ${show(yPred.shape)}`,
    );
  }
  return [a, b];
}

function alignTo(x: Tensor, other: Tensor): Tensor {
  if (x.rank === 1 && other.rank === 2 && other.shape[1] === 1) return x.expandDims(-1);
  if (x.rank === other.rank + 1 && x.rank > 2 && x.shape.at(-1) === 1) return x.squeeze(-1);
  return x;
}

/** The mean over the last axis; a single number is its own. */
export function meanOfLast(x: Tensor): Tensor {
  return x.rank === 0 ? x : x.mean(-1);
}
