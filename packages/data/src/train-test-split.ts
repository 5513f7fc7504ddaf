// Tensors divided into rows to train on and rows to test with.

import { readOptions, type Tensor, type TensorLike, tensor } from '@treadle/tensor';
import type { Pair, Split } from './plain-array.ts';
import { commonRows } from './rows.ts';
import { type SplitOptions, splitOptions, splitRows } from './split-rows.ts';
import { toPlain, toTensorSplit } from './tensors.ts';

/** x [n, …] and y [n, …], shuffled by the seed; `testSize` of the rows, a quarter when not given, go to `test`. */
export function trainTestSplit(x: TensorLike, y: TensorLike, options: SplitOptions = {}): Split<Pair<Tensor>> {
  const { op = 'trainTestSplit' } = readOptions('trainTestSplit', options, splitOptions);
  const given = { x: tensor(x), y: tensor(y) };
  commonRows(op, given.x, given.y); // before the values are computed
  return toTensorSplit(splitRows(toPlain(given.x), toPlain(given.y), options), given);
}
