// Scalers of tensors, with scikit-learn's names. `column-scaler.ts` scales the columns, `scalings.ts` measures them;
// this file only converts tensors.

import type { Tensor, TensorLike } from '@treadle/tensor';
import { tensorOf } from '../rows/arguments.ts';
import type { PlainArray } from '../rows/plain-array.ts';
import { toPlain, toTensor } from '../rows/tensors.ts';
import { ColumnScaler, type Scaling } from './column-scaler.ts';
import { type MinMaxOptions, minMaxScaling, standardScaling } from './scalings.ts';

/**
 * Scales each column of the last axis by statistics that `fit` measures. The methods accept everything that `tensor`
 * accepts. They throw ShapeError for fewer than two axes, RangeError for a value that is not finite.
 */
export interface Scaler {
  /** Measures the columns of x [rows, …, columns]. Returns this scaler. Throws RangeError when x has no values. */
  fit(x: TensorLike): Scaler;
  /**
   * x, scaled: float32, the shape of x. Throws ShapeError when x has other columns than in `fit`, Error before `fit`.
   */
  transform(x: TensorLike): Tensor;
  /** `fit(x)`, then `transform(x)`. */
  fitTransform(x: TensorLike): Tensor;
  /** The inverse of `transform`, up to rounding: float32, the shape of y. Throws as `transform` does. */
  inverseTransform(y: TensorLike): Tensor;
}

/**
 * A scaler that maps the smallest value of each column to the lower end of `range`, and the largest to the upper end;
 * [0, 1] by default. A column of equal values becomes the lower end.
 *
 * @throws RangeError for a `range` that does not go from a finite number to a larger one, and for a negative `epsilon`
 *
 * @example
 * ```ts
 * import { minMaxScaler } from 'treadle';
 * const scaler = minMaxScaler().fit([[0, 10], [4, 30]]);
 * scaler.transform([[1, 20]]); // → [[0.25, 0.5]]
 * scaler.inverseTransform([[0.25, 0.5]]); // → [[1, 20]]
 * ```
 */
export function minMaxScaler(options: MinMaxOptions = {}): Scaler {
  return scaler(minMaxScaling(options));
}

/**
 * A scaler that gives each column mean 0 and variance 1 (variance of the population, Σ(x − mean)² / n). A column of
 * equal values becomes 0.
 *
 * @example
 * ```ts
 * import { standardScaler } from 'treadle';
 * standardScaler().fitTransform([[1, 7], [5, 7]]); // → [[-1, 0], [1, 0]]
 * ```
 */
export function standardScaler(): Scaler {
  return scaler(standardScaling());
}

function scaler(scaling: Scaling): Scaler {
  const columns = new ColumnScaler(scaling);
  const plain = (method: string, x: TensorLike): PlainArray => toPlain(tensorOf(`${scaling.name}.${method}`, 'x', x));
  const self: Scaler = {
    fit: (x) => {
      columns.fit(plain('fit', x));
      return self;
    },
    transform: (x) => toTensor(columns.transform(plain('transform', x))),
    fitTransform: (x) => self.fit(x).transform(x),
    inverseTransform: (y) => toTensor(columns.inverseTransform(plain('inverseTransform', y))),
  };
  return self;
}
