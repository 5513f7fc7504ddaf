// Scalers of tensors, by scikit-learn's names. What they do with a column is in `column-scaler.ts`, how they measure it in
// `scalings.ts`.

import { type Tensor, type TensorLike, tensor } from '@treadle/tensor';
import { ColumnScaler, type Scaling } from './column-scaler.ts';
import { type MinMaxOptions, minMaxScaling, standardScaling } from './scalings.ts';
import { toPlain, toTensor } from './tensors.ts';

/** Scales each column of the last axis by what `fit` measured. All throw RangeError for a value that is not finite. */
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
  const self: Scaler = {
    fit: (x) => {
      columns.fit(toPlain(tensor(x)));
      return self;
    },
    transform: (x) => toTensor(columns.transform(toPlain(tensor(x)))),
    fitTransform: (x) => self.fit(x).transform(x),
    inverseTransform: (y) => toTensor(columns.inverseTransform(toPlain(tensor(y)))),
  };
  return self;
}
