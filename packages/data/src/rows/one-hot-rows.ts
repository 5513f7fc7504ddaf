// One-hot rows on plain arrays: each class label becomes a row of zeros with a 1 at the label.

import { checkSize, show } from '@treadle/tensor';
import type { PlainArray } from './plain-array.ts';

/** labels [...], each 0 … classes − 1 → float32 [..., classes]. Throws RangeError for any other label. */
export function oneHotRows({ values, shape }: PlainArray, classes: number): PlainArray<Float32Array> {
  if (!Number.isSafeInteger(classes) || classes < 1) {
    throw new RangeError(`oneHot: classes must be a whole number above 0; got ${show(classes)}`);
  }
  checkSize('oneHot', [...shape, classes]);
  const out = new Float32Array(values.length * classes);
  for (let i = 0; i < values.length; i++) {
    const label = values[i]!;
    if (!(label >= 0 && label < classes && Number.isInteger(label))) {
      throw new RangeError(`oneHot: labels must be whole numbers from 0 to ${classes - 1}; got ${label} at ${i}`);
    }
    out[i * classes + label] = 1;
  }
  return { values: out, shape: [...shape, classes] };
}
