// The embedded handwritten digits, as tensors.

import type { Tensor } from '@treadle/tensor';
import type { Pair, Split } from '../rows/plain-array.ts';
import { toTensorSplit } from '../rows/tensors.ts';
import { digitsFigures } from './digits-figures.ts';
import { type EmbeddedOptions, embeddedSplit } from './embedded-set.ts';

/** 1,797 digits, shuffled by the seed, 1,437 to train on: x float32 [n, 8, 8, 1] of 0 … 1, y int32 [n] of 0 … 9. */
export function digits(options: EmbeddedOptions = {}): Split<Pair<Tensor>> {
  return toTensorSplit(embeddedSplit(digitsFigures, options));
}
