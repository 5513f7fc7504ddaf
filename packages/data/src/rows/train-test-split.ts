// Splits tensors into rows for training and rows for testing.

import { readOptions, type Tensor } from '@treadle/tensor';
import { type PairArguments, pairOf } from './arguments.ts';
import { commonRows } from './check-rows.ts';
import type { Pair, Split } from './plain-array.ts';
import { type SplitOptions, splitOptions, splitRows } from './split-rows.ts';
import { toPlain, toTensorSplit } from './tensors.ts';

/**
 * Shuffles x [n, …] and y [n, …], given as two arguments or as one object `{ x, y }`, and splits them: `testSize` of
 * the rows, 0.25 by default, go to `test`, the others to `train`. The same seed gives the same split.
 *
 * @throws ShapeError when x and y differ in rows, RangeError when a part would be empty, and what `tensor` throws
 *
 * @example
 * ```ts
 * import { trainTestSplit } from 'treadle';
 * const { train, test } = trainTestSplit([[1], [2], [3], [4]], [10, 20, 30, 40], { testSize: 1, seed: 1 });
 * train.x.shape; // → [3, 1]
 * test.x.sum().mul(10).sub(test.y.sum()); // → 0
 * ```
 */
export function trainTestSplit(...args: PairArguments<readonly [options?: SplitOptions]>): Split<Pair<Tensor>> {
  const { pair, others } = pairOf('trainTestSplit', args);
  const [options = {}] = others;
  const { op = 'trainTestSplit' } = readOptions('trainTestSplit', options, splitOptions);
  commonRows(op, pair.x, pair.y); // checked before the values are read
  return toTensorSplit(splitRows(toPlain(pair.x), toPlain(pair.y), options), pair);
}
