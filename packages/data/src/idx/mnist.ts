// MNIST, read from a folder, as tensors.

import { show, type Tensor } from '@treadle/tensor';
import type { Pair, Split } from '../rows/plain-array.ts';
import { toTensorSplit } from '../rows/tensors.ts';
import { readMnist } from './read-mnist.ts';

/**
 * Reads MNIST, or a set in the same format (Fashion-MNIST, KMNIST), from a folder: `mnist('data/mnist')`. The folder
 * contains four IDX files, gzip or not: `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte`,
 * `t10k-labels-idx1-ubyte`.
 *
 * @returns `train` and `test`, each with x, float32 [n, 28, 28, 1], pixels scaled to 0 … 1, and y, int32 [n], labels 0
 * … 9
 * @throws FormatError when a file is missing or damaged, with its path
 *
 * @example
 * ```ts
 * import { mkdtempSync, writeFileSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { mnist } from 'treadle';
 * const folder = mkdtempSync(`${tmpdir()}/mnist-`); // a tiny set: one image of 1 × 2 pixels in each part
 * for (const part of ['train', 't10k']) {
 *   writeFileSync(`${folder}/${part}-images-idx3-ubyte`, Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 255));
 *   writeFileSync(`${folder}/${part}-labels-idx1-ubyte`, Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 7));
 * }
 * mnist(folder).train.x; // → [[[[0], [1]]]]
 * ```
 */
export function mnist(directory: string): Split<Pair<Tensor>> {
  const given: unknown = directory;
  if (typeof given !== 'string')
    throw new TypeError(`mnist: the path of a folder must be a string; got ${show(given)}`);
  return toTensorSplit(readMnist(directory));
}
