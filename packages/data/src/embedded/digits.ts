// The embedded handwritten digits as tensors.

import type { Tensor } from '@treadle/tensor';
import type { Pair, Split } from '../rows/plain-array.ts';
import { toTensorSplit } from '../rows/tensors.ts';
import { digitsData } from './digits-data.ts';
import { type EmbeddedOptions, embeddedSplit } from './embedded-set.ts';

/**
 * 1,797 handwritten digits, shuffled by the seed: 1,437 for training, 360 for testing. x is float32 [n, 8, 8, 1],
 * pixels 0 … 1; y is int32 [n], labels 0 … 9. Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten
 * Digits" (1998), UCI Machine Learning Repository, CC BY 4.0.
 *
 * @throws RangeError for a seed out of range
 *
 * @example
 * ```ts
 * import { digits } from 'treadle';
 * const { train, test } = digits({ seed: 1 });
 * train.x.shape; // → [1437, 8, 8, 1]
 * test.y.shape; // → [360]
 * ```
 */
export function digits(options: EmbeddedOptions = {}): Split<Pair<Tensor>> {
  return toTensorSplit(embeddedSplit(digitsData, options));
}
