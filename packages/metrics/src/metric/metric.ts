// What a metric is: values of each batch, which a total accumulates, so that the result is exact over batches of unequal size. The
// values of a batch are tensors, which a compiled step computes; the total is plain arithmetic in float64.

import {
  type Configured,
  checkFunction,
  checkNumber,
  checkNumbers,
  ShapeError,
  showShape,
  stack,
  type Tensor,
  type TensorLike,
  tensor,
  where,
} from '@treadle/tensor';
import { runningMean } from './running-mean.ts';

/** What one batch adds to a metric. */
export interface Contribution {
  /** float32 of a shape that the metric chooses: a sum, counts, or single values */
  readonly values: Tensor;
  /** the number of values, including those that a mask leaves out */
  readonly count: number;
}

/** What accumulates the values of batches. */
export interface Total {
  /** Adds the values and the count of a batch. */
  add(values: ArrayLike<number>, count: number): void;
  /** the metric over everything added so far; NaN if it is undefined */
  readonly value: number;
  /** For a value that is expensive: a function that computes the value as of now, whatever is added later. */
  later?(): () => number;
}

/** A metric: a figure of how good predictions are. */
export interface Metric extends Configured {
  /** its name in a history, such as 'accuracy' */
  readonly name: string;
  /**
   * The values of a batch. `mask`, of the first axes of the values, is true for those that count. Throws ShapeError for shapes that do
   * not fit. It has no state: the caller adds the result to a total.
   */
  update(yTrue: TensorLike, yPred: TensorLike, mask?: TensorLike): Contribution;
  /** A new total. */
  total(): Total;
}

/**
 * A metric of the user's own: the mean of a value of each sample, or a function `finish` of that mean. `figures` takes yTrue and yPred
 * [n, …] and returns the values; bool counts as 0 and 1. Throws TypeError for arguments that are not functions.
 *
 * @example
 * ```ts
 * import { metrics } from 'treadle';
 * const isNear = metrics.mean('near', (yTrue, yPred) => yPred.sub(yTrue).abs().less(0.5));
 * isNear.update([1, 2], [1.25, 3]).values; // → 1
 * ```
 */
export function meanMetric(
  name: string,
  figures: (yTrue: Tensor, yPred: Tensor) => Tensor,
  finish: (mean: number) => number = (mean) => mean,
): Metric {
  checkFunction('mean: the figures', figures);
  checkFunction('mean: finish', finish);
  return {
    name,
    update: (yTrue, yPred, mask) => {
      const values = figures(tensor(yTrue), tensor(yPred)).cast('float32');
      if (mask === undefined) return { values: values.sum(), count: values.size };
      const valid = broadcastMask(name, mask, values);
      const counts = valid.cast('float32').sum();
      return { values: stack([where(valid, values, 0).sum(), counts]), count: values.size };
    },
    total: () => {
      const mean = runningMean();
      return {
        add: (values, count) => {
          checkFigures(name, values, count);
          mean.add(values[0] ?? Number.NaN, values[1] ?? count);
        },
        get value() {
          return finish(mean.value);
        },
      };
    },
  };
}

/** The mask in the shape of x, bool. Throws ShapeError for a mask that does not have the first axes of x. */
export function broadcastMask(name: string, mask: TensorLike, x: Tensor): Tensor {
  const given = tensor(mask);
  if (given.rank > x.rank || given.shape.some((extent, i) => extent !== x.shape[i])) {
    const got = `got ${showShape(given.shape)} for ${showShape(x.shape)}`;
    throw new ShapeError(`${name}: mask must have the first axes of the figures; ${got}`);
  }
  return given
    .cast('bool')
    .reshape([...given.shape, ...x.shape.slice(given.rank).map(() => 1)])
    .broadcastTo(x.shape);
}

/** Throws TypeError for values that a total cannot add. */
export function checkFigures(name: string, values: ArrayLike<number>, count: number): void {
  const given: unknown = values;
  const isTyped = ArrayBuffer.isView(given) && 'length' in given && typeof values[0] !== 'bigint';
  if (!isTyped) checkNumbers(`${name}: values`, given);
  checkNumber(`${name}: the count`, count);
}
