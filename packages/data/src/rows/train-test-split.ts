// Tensors divided into rows to train on and rows to test with.

import { readOptions, type Tensor } from '@treadle/tensor';
import { type PairArguments, pairOf } from './arguments.ts';
import type { Pair, Split } from './plain-array.ts';
import { commonRows } from './rows.ts';
import { type SplitOptions, splitOptions, splitRows } from './split-rows.ts';
import { toPlain, toTensorSplit } from './tensors.ts';

/**
 * x [n, …] and y [n, …], or `{ x, y }`, shuffled by the seed; `testSize` of the rows, a quarter when not given, go to `test`.
 * Throws ShapeError for unequal rows, RangeError for an empty part, and what `tensor` throws.
 */
export function trainTestSplit(...args: PairArguments<readonly [options?: SplitOptions]>): Split<Pair<Tensor>> {
  const { pair, others } = pairOf('trainTestSplit', args);
  const [options = {}] = others;
  const { op = 'trainTestSplit' } = readOptions('trainTestSplit', options, splitOptions);
  commonRows(op, pair.x, pair.y); // before the values are computed
  return toTensorSplit(splitRows(toPlain(pair.x), toPlain(pair.y), options), pair);
}
