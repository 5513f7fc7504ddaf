// One-hot rows as a tensor.

import type { Tensor, TensorLike } from '@treadle/tensor';
import { tensorOf } from './arguments.ts';
import { oneHotRows } from './one-hot-rows.ts';
import { toPlain, toTensor } from './tensors.ts';

/**
 * One-hot encoding: labels [...], each 0 … classes − 1 → float32 [..., classes].
 *
 * @throws RangeError for a label that is not one of 0 … classes − 1, DtypeError for what is no array of numbers
 *
 * @example
 * ```ts
 * import { oneHot } from 'treadle';
 * oneHot([2, 0], 3); // → [[0, 0, 1], [1, 0, 0]]
 * ```
 */
export function oneHot(labels: TensorLike, classes: number): Tensor {
  return toTensor(oneHotRows(toPlain(tensorOf('oneHot', 'labels', labels)), classes));
}
