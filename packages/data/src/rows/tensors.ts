// Converts between plain arrays and tensors. No other file on plain arrays makes or reads a tensor. A bool tensor
// becomes int32, 0 and 1; with `like` it becomes bool again.

import { type Dtype, type Tensor, tensor } from '@treadle/tensor';
import type { Pair, PlainArray, Split } from './plain-array.ts';

/** The array as a tensor. By default it has the dtype of its elements, float32 or int32. */
export function toTensor({ values, shape }: PlainArray, dtype: Dtype = dtypeOf(values)): Tensor {
  return tensor(values, { shape, dtype });
}

function dtypeOf(values: PlainArray['values']): Dtype {
  return values instanceof Float32Array ? 'float32' : 'int32';
}

/** A copy of the values of a tensor. */
export function toPlain(t: Tensor): PlainArray {
  const values = t.data();
  return { values: values instanceof Uint8Array ? Int32Array.from(values) : values, shape: t.shape };
}

/** x and y as tensors; with `like`, in its dtypes. */
export function toTensors({ x, y }: Pair<PlainArray>, like?: Pair<Tensor>): Pair<Tensor> {
  return { x: toTensor(x, like?.x.dtype), y: toTensor(y, like?.y.dtype) };
}

/** Both parts of a split as tensors; with `like`, in its dtypes. */
export function toTensorSplit({ train, test }: Split<Pair<PlainArray>>, like?: Pair<Tensor>): Split<Pair<Tensor>> {
  return { train: toTensors(train, like), test: toTensors(test, like) };
}
