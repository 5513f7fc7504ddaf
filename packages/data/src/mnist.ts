// MNIST from a folder, as tensors.

import type { Tensor } from '@treadle/tensor';
import type { Pair, Split } from './plain-array.ts';
import { readMnist } from './read-mnist.ts';
import { toTensorSplit } from './tensors.ts';

/**
 * The four IDX files of a folder (`train-images-idx3-ubyte`, `t10k-labels-idx1-ubyte.gz`, …): x float32 [n, 28, 28, 1] of
 * 0 … 1, y int32 [n]. Throws FormatError when one is missing or is not what its name says.
 */
export function mnist(directory: string): Split<Pair<Tensor>> {
  return toTensorSplit(readMnist(directory));
}
