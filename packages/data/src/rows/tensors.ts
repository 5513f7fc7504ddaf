// The border between plain arrays and tensors: the only file that makes a tensor or reads one. A bool passes through as
// int32 of 0 and 1 and becomes a bool again.

import { type Dtype, type Tensor, tensor } from '@treadle/tensor';
import type { Pair, PlainArray, Split } from './plain-array.ts';

/** The array as a tensor, float32 or int32 as its elements are unless `dtype` is given. */
export function toTensor({ values, shape }: PlainArray, dtype: Dtype = dtypeOf(values)): Tensor {
  return tensor(values, { shape, dtype });
}

function dtypeOf(values: PlainArray['values']): Dtype {
  return values instanceof Float32Array ? 'float32' : 'int32';
}

/** The values of a tensor in an array of its own. */
export function toPlain(t: Tensor): PlainArray {
  const values = t.data();
  return { values: values instanceof Uint8Array ? Int32Array.from(values) : values, shape: t.shape };
}

export function toTensors({ x, y }: Pair<PlainArray>, like?: Pair<Tensor>): Pair<Tensor> {
  return { x: toTensor(x, like?.x.dtype), y: toTensor(y, like?.y.dtype) };
}

export function toTensorSplit({ train, test }: Split<Pair<PlainArray>>, like?: Pair<Tensor>): Split<Pair<Tensor>> {
  return { train: toTensors(train, like), test: toTensors(test, like) };
}
