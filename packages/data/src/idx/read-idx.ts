// IDX files and bytes as tensors; `decodeIdx` says which element type becomes which dtype.

import { show, type Tensor } from '@treadle/tensor';
import { decodeFile } from '../files/bytes.ts';
import { toTensor } from '../rows/tensors.ts';
import { decodeIdx } from './decode-idx.ts';

/** An IDX file, gzip or not. Labels and int32 are int32, all else float32 as stored. Throws FormatError. */
export function readIdx(path: string | URL): Tensor {
  return decodeFile(path, parseIdx);
}

/** What `readIdx` reads, from bytes. */
export function parseIdx(bytes: Uint8Array): Tensor {
  const given: unknown = bytes;
  if (!(given instanceof Uint8Array)) throw new TypeError(`parseIdx: bytes must be a Uint8Array; got ${show(given)}`);
  return toTensor(decodeIdx(bytes));
}
