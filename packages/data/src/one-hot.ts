// One-hot rows as a tensor, from a tensor of labels or a list of them.

import type { Tensor } from '@treadle/tensor';
import { oneHotRows } from './one-hot-rows.ts';
import { toPlain, toTensor } from './tensors.ts';

/** labels [...] of 0 … classes − 1 → float32 [..., classes]. Throws RangeError for a label that is not one of these. */
export function oneHot(labels: Tensor | readonly number[], classes: number): Tensor {
  const isTensor = 'dtype' in labels;
  return toTensor(
    oneHotRows(isTensor ? toPlain(labels) : { values: Float32Array.from(labels), shape: [labels.length] }, classes),
  );
}
