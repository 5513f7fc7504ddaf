// What users call for npy files: one array each, as numpy.save writes it.

import type { Tensor, TensorLike } from '@treadle/tensor';
import { type Reader, readFromBytes, readFromFile } from '../bytes/reading.ts';
import { fill } from '../bytes/sink.ts';
import { elementParts, type OutgoingFile, openTensor, toBytes } from '../bytes/writing.ts';
import { filesFor } from '../files/host.ts';
import { writeAtomically } from '../files/write-atomically.ts';
import { NpyDecoder } from './npy-decoder.ts';
import { encodeNpyHeader } from './npy-header.ts';

/**
 * Writes a tensor, or what `tensor` accepts, as a file that numpy.load reads. The file appears as a whole or not at all.
 *
 * @throws what Node throws where the file cannot be written.
 * @example
 * ```ts
 * import { tmpdir } from 'node:os';
 * import { arange, loadNpy, saveNpy } from 'treadle';
 * const path = `${tmpdir()}/counted.npy`;
 * await saveNpy(path, arange(6).reshape([2, 3]));
 * await loadNpy(path); // → [[0, 1, 2], [3, 4, 5]]
 * ```
 */
export async function saveNpy(path: string | URL, x: TensorLike): Promise<void> {
  const files = filesFor('saveNpy', path, 'npyToBytes');
  const file = openNpy(x);
  try {
    await writeAtomically(files, path, file.parts());
  } finally {
    file.close();
  }
}

/**
 * Reads an npy file of NumPy, in C or Fortran order, little-endian or big-endian. bool, uint8, int32, float16 and float32 become tensors
 * of the same dtype; float64 is rounded to the nearest float32; other whole numbers become int32.
 *
 * @throws FormatError for a file that is none, for elements that are no numbers (records, texts, objects, complex numbers), and for
 * a whole number that int32 does not have.
 * @example
 * ```ts
 * import { tmpdir } from 'node:os';
 * import { loadNpy, saveNpy } from 'treadle';
 * const path = `${tmpdir()}/three.npy`;
 * await saveNpy(path, [1, 2, 3]);
 * const x = await loadNpy(path);
 * x.dtype; // → "float32"
 * ```
 */
export async function loadNpy(path: string | URL): Promise<Tensor> {
  return readFromFile(filesFor('loadNpy', path, 'npyFromBytes'), path, readNpy);
}

/**
 * The bytes that saveNpy would write.
 *
 * @example
 * ```ts
 * import { npyFromBytes, npyToBytes } from 'treadle';
 * const bytes = await npyToBytes([[1, 2]]);
 * npyFromBytes(bytes).shape; // → [1, 2]
 * ```
 */
export async function npyToBytes(x: TensorLike): Promise<Uint8Array<ArrayBuffer>> {
  const file = openNpy(x);
  try {
    return await toBytes(file);
  } finally {
    file.close();
  }
}

/**
 * As loadNpy, but from bytes.
 *
 * @throws FormatError as loadNpy does.
 * @example
 * ```ts
 * import { npyFromBytes, npyToBytes, tensor } from 'treadle';
 * const bytes = await npyToBytes(tensor([true, false]));
 * npyFromBytes(bytes).toArray(); // → [1, 0]
 * ```
 */
export function npyFromBytes(bytes: Uint8Array): Tensor {
  return readFromBytes('npyFromBytes', bytes, readNpy);
}

function openNpy(x: TensorLike): OutgoingFile {
  const opened = openTensor(x);
  const header = encodeNpyHeader(opened.dtype, opened.shape);
  return {
    byteLength: header.length + opened.byteLength,
    async *parts() {
      yield header;
      yield* elementParts(opened);
    },
    close: opened.close,
  };
}

const readNpy: Reader<Tensor> = function* (byteLength) {
  const decoder = new NpyDecoder('npy: ', byteLength);
  yield* fill(decoder, 0);
  return decoder.tensor();
};
