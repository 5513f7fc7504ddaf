// The embedded iris flowers as tensors.

import type { Tensor } from '@treadle/tensor';
import type { Pair, Split } from '../rows/plain-array.ts';
import { toTensorSplit } from '../rows/tensors.ts';
import { type EmbeddedOptions, embeddedSplit } from './embedded-set.ts';
import { irisData } from './iris-data.ts';

/**
 * 150 iris flowers of three species, shuffled by the seed: 120 for training, 30 for testing. x is float32 [n, 4]:
 * length and width of the sepal, length and width of the petal, in cm. y is int32 [n]: 0 setosa, 1 versicolor, 2
 * virginica. Source: R. A. Fisher, "The use of multiple measurements in taxonomic problems" (1936).
 *
 * @throws RangeError for a seed out of range
 *
 * @example
 * ```ts
 * import { iris } from 'treadle';
 * const { train, test } = iris();
 * train.x.shape; // → [120, 4]
 * test.y.shape; // → [30]
 * ```
 */
export function iris(options: EmbeddedOptions = {}): Split<Pair<Tensor>> {
  return toTensorSplit(embeddedSplit(irisData, options));
}
