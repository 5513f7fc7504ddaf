// MNIST from a folder, as tensors.

import { show, type Tensor } from '@treadle/tensor';
import type { Pair, Split } from '../rows/plain-array.ts';
import { toTensorSplit } from '../rows/tensors.ts';
import { readMnist } from './read-mnist.ts';

/**
 * The four IDX files of a folder (`train-images-idx3-ubyte`, `t10k-labels-idx1-ubyte.gz`, …): x float32 [n, 28, 28, 1] of
 * 0 … 1, y int32 [n]. Throws FormatError when one is missing or is not what its name says.
 */
export function mnist(directory: string): Split<Pair<Tensor>> {
  const given: unknown = directory;
  if (typeof given !== 'string') throw new TypeError(`mnist: a folder must be a text; got ${show(given)}`);
  return toTensorSplit(readMnist(directory));
}
