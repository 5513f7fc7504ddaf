// One-hot rows as a tensor, from labels.

import type { Tensor, TensorLike } from '@treadle/tensor';
import { tensorOf } from './arguments.ts';
import { oneHotRows } from './one-hot-rows.ts';
import { toPlain, toTensor } from './tensors.ts';

/** labels [...] of 0 … classes − 1 → float32 [..., classes]. Throws RangeError for a label that is not one of these. */
export function oneHot(labels: TensorLike, classes: number): Tensor {
  return toTensor(oneHotRows(toPlain(tensorOf('oneHot', 'labels', labels)), classes));
}
