// What a metric is: figures given batch by batch, which a total puts together so that it is exact over batches of unequal size.
// The figures of a batch are tensors, which a compiled step may compute; what is made of them is plain arithmetic in float64.

import {
  checkFunction,
  checkNumber,
  checkNumbers,
  type Shape,
  ShapeError,
  stack,
  type Tensor,
  type TensorLike,
  tensor,
  where,
} from '@treadle/tensor';
import { runningMean } from './running-mean.ts';

/** What one batch adds to a metric. */
export interface Contribution {
  /** float32, of a shape that is the metric's own matter: a sum, counts, or figures one by one */
  readonly values: Tensor;
  /** how many figures there are, those included that a mask leaves out */
  readonly count: number;
}

/** What batches add up to. */
export interface Total {
  add(values: ArrayLike<number>, count: number): void;
  /** the metric over everything added so far; NaN where that says nothing */
  readonly value: number;
  /** For a value that takes long: what gives the value as of now, whatever is added later. It is called if the value is read. */
  later?(): () => number;
}

export interface Metric {
  /** what it is called in a history, such as 'accuracy' */
  readonly name: string;
  /**
   * `mask`, of the first axes of the figures, says which of them there are: the others are left out. Throws ShapeError for shapes
   * that do not fit. Has no state: the caller adds to a total.
   */
  update(yTrue: TensorLike, yPred: TensorLike, mask?: TensorLike): Contribution;
  /** Begins anew. */
  total(): Total;
}

/** A metric that is the mean of one figure a sample, or what `finish` makes of that mean; bool counts as 0 and 1. */
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
      const counted = countedIn(name, mask, values);
      const counts = counted.cast('float32').sum();
      return { values: stack([where(counted, values, 0).sum(), counts]), count: values.size };
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

/** Which elements of x count: bool of its shape. Throws ShapeError for a mask that is not of its first axes. */
export function countedIn(name: string, mask: TensorLike, x: Tensor): Tensor {
  const given = tensor(mask);
  if (given.rank > x.rank || given.shape.some((extent, i) => extent !== x.shape[i])) {
    const got = `got ${show(given.shape)} for ${show(x.shape)}`;
    throw new ShapeError(`${name}: mask must have the first axes of the figures; ${got}`);
  }
  return given
    .cast('bool')
    .reshape([...given.shape, ...x.shape.slice(given.rank).map(() => 1)])
    .broadcastTo(x.shape);
}

/** Throws TypeError for what a total cannot add. */
export function checkFigures(name: string, values: ArrayLike<number>, count: number): void {
  const given: unknown = values;
  const isTyped = ArrayBuffer.isView(given) && 'length' in given && typeof values[0] !== 'bigint';
  if (!isTyped) checkNumbers(`${name}: values`, given);
  checkNumber(`${name}: the count`, count);
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

/** Labels of the shape of yPred [..., classes] without its last axis; an axis of extent 1 at their end is dropped. */
export function labelsFor(name: string, yTrue: Tensor, yPred: Tensor): Tensor {
  const labels = yTrue.rank === yPred.rank && yTrue.shape.at(-1) === 1 ? yTrue.squeeze(-1) : yTrue;
  const wanted = yPred.shape.slice(0, -1);
  if (labels.rank !== wanted.length || labels.shape.some((extent, i) => extent !== wanted[i])) {
    const got = `got ${show(yTrue.shape)} for ${show(yPred.shape)}`;
    throw new ShapeError(`${name}: yTrue must hold a label for each row of yPred; ${got}`);
  }
  return labels.cast('int32');
}

/** The mean over the last axis of every sample: of [n], which are n samples of one figure each, and of a single number it is x. */
export function meanOfLast(x: Tensor): Tensor {
  return x.rank < 2 ? x : x.mean(-1);
}
