// IDX files and IDX bytes as tensors. `decodeIdx` states which element type becomes which dtype.

import { show, type Tensor } from '@treadle/tensor';
import { decodeFile } from '../files/decode-file.ts';
import { toTensor } from '../rows/tensors.ts';
import { decodeIdx } from './decode-idx.ts';

/**
 * Reads an IDX file, gzip or not.
 *
 * @returns the array in the shape that the file states; int32 for int32 elements and for lists of whole numbers
 * (labels), otherwise float32 with the values as stored
 * @throws FormatError, with the path, for a file that is not in the IDX format
 *
 * @example
 * ```ts
 * import { writeFileSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { readIdx } from 'treadle';
 * const path = `${tmpdir()}/labels-idx1-ubyte`;
 * writeFileSync(path, Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 3));
 * readIdx(path); // → [7, 3]
 * ```
 */
export function readIdx(path: string | URL): Tensor {
  return decodeFile(path, parseIdx);
}

/**
 * As `readIdx`, but from bytes.
 *
 * @example
 * ```ts
 * import { parseIdx } from 'treadle';
 * const header = [0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 3]; // uint8, 2 axes, lengths 1 and 3
 * parseIdx(Uint8Array.of(...header, 0, 128, 255)); // → [[0, 128, 255]]
 * ```
 */
export function parseIdx(bytes: Uint8Array): Tensor {
  const given: unknown = bytes;
  if (!(given instanceof Uint8Array)) throw new TypeError(`parseIdx: bytes must be a Uint8Array; got ${show(given)}`);
  return toTensor(decodeIdx(bytes));
}
