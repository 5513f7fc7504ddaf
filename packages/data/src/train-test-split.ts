// Tensors divided into rows to train on and rows to test with.

import type { Tensor } from '@treadle/tensor';
import type { Pair, Split } from './plain-array.ts';
import { commonRows } from './rows.ts';
import { type SplitOptions, splitRows } from './split-rows.ts';
import { toPlain, toTensorSplit } from './tensors.ts';

/** x [n, …] and y [n, …], shuffled by the seed; `testSize` of the rows, a quarter when not given, go to `test`. */
export function trainTestSplit(x: Tensor, y: Tensor, options: SplitOptions = {}): Split<Pair<Tensor>> {
  commonRows(options.op ?? 'trainTestSplit', x, y); // before the values are computed
  return toTensorSplit(splitRows(toPlain(x), toPlain(y), options), { x, y });
}
