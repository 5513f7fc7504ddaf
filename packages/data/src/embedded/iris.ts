// The embedded iris flowers, as tensors.

import type { Tensor } from '@treadle/tensor';
import type { Pair, Split } from '../rows/plain-array.ts';
import { toTensorSplit } from '../rows/tensors.ts';
import { type EmbeddedOptions, embeddedSplit } from './embedded-set.ts';
import { irisFigures } from './iris-figures.ts';

/** 150 flowers, shuffled by the seed, 120 to train on: x float32 [n, 4] in cm, y int32 [n] of 0 … 2. */
export function iris(options: EmbeddedOptions = {}): Split<Pair<Tensor>> {
  return toTensorSplit(embeddedSplit(irisFigures, options));
}
