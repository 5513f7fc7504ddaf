// Scalers of tensors, by scikit-learn's names. What they do with a column is in `column-scaler.ts`, how they measure it in
// `scalings.ts`.

import type { Tensor, TensorLike } from '@treadle/tensor';
import { tensorOf } from '../rows/arguments.ts';
import type { PlainArray } from '../rows/plain-array.ts';
import { toPlain, toTensor } from '../rows/tensors.ts';
import { ColumnScaler, type Scaling } from './column-scaler.ts';
import { type MinMaxOptions, minMaxScaling, standardScaling } from './scalings.ts';

/**
 * Scales each column of the last axis by what `fit` measured. All take what `tensor` takes, and throw RangeError for a value
 * that is not finite.
 */
export interface Scaler {
  /** Measures the columns of x [..., columns]. */
  fit(x: TensorLike): Scaler;
  /** float32, of the shape of x. */
  transform(x: TensorLike): Tensor;
  fitTransform(x: TensorLike): Tensor;
  /** What `transform` was given, but for rounding. */
  inverseTransform(y: TensorLike): Tensor;
}

/** Columns moved and stretched so that their smallest and largest values become the ends of `range`, [0, 1] when not given. */
export function minMaxScaler(options: MinMaxOptions = {}): Scaler {
  return scaler(minMaxScaling(options));
}

/** Columns moved and stretched to mean 0 and variance 1. */
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
