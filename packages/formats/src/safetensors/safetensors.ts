// What users call to keep tensors by name in one file. The format is safetensors, which PyTorch, JAX, and many other programs read.

import { type OptionKinds, readOptions } from '@treadle/tensor';
import { readFromBytes, readFromFile } from '../bytes/reading.ts';
import { type NamedTensors, toBytes } from '../bytes/writing.ts';
import { filesFor } from '../files/host.ts';
import { writeAtomically } from '../files/write-atomically.ts';
import { readSafetensors, type TensorFile } from './read-safetensors.ts';
import { openSafetensors } from './write-safetensors.ts';

/** Options of saveTensors and tensorsToBytes. */
export interface SaveTensorsOptions {
  /** texts by name that are kept in the file beside the tensors; none by default */
  readonly metadata?: Readonly<Record<string, string>>;
}

const saveTensorsOptions: OptionKinds<SaveTensorsOptions> = { metadata: 'any' };

/**
 * Writes tensors by name to a safetensors file: an object or a map of tensors, or of what `tensor` accepts. They are written with the
 * values that they have at the time of the call. The file appears as a whole or not at all: if writing fails, or the process dies,
 * the old file is still there.
 *
 * @throws RangeError for a name that the format cannot hold, and what Node throws where the file cannot be written.
 * @example
 * ```ts
 * import { tmpdir } from 'node:os';
 * import { loadTensors, saveTensors, tensor } from 'treadle';
 * const path = `${tmpdir()}/weights.safetensors`;
 * await saveTensors(path, { kernel: tensor([[1, 2], [3, 4]]), bias: [0.5, 0.25] }, { metadata: { made: 'by hand' } });
 * const { tensors, metadata } = await loadTensors(path);
 * tensors.bias; // → [0.5, 0.25]
 * metadata; // → {"made": "by hand"}
 * ```
 */
export async function saveTensors(
  path: string | URL,
  tensors: NamedTensors,
  options: SaveTensorsOptions = {},
): Promise<void> {
  const files = filesFor('saveTensors', path, 'tensorsToBytes');
  const { metadata = {} } = readOptions('saveTensors', options, saveTensorsOptions);
  const file = openSafetensors('saveTensors', tensors, metadata);
  try {
    await writeAtomically(files, path, file.parts());
  } finally {
    file.close();
  }
}

/**
 * Reads a safetensors file of any origin: the tensors by name, and the metadata. F32, F16, I32, U8 and BOOL become tensors of the
 * same dtype. BF16 and floats of 8 bits become float32 exactly; F64 is rounded to the nearest float32. Other whole numbers become int32.
 *
 * @throws FormatError for a file that breaks a rule of the format, or that has a whole number which int32 does not have, or a finite
 * F64 beyond float32. It names the tensor and the value.
 * @example
 * ```ts
 * import { tmpdir } from 'node:os';
 * import { loadTensors, saveTensors, zeros } from 'treadle';
 * const path = `${tmpdir()}/some.safetensors`;
 * await saveTensors(path, { 'layer/bias': zeros([3]) });
 * const { tensors } = await loadTensors(path);
 * Object.keys(tensors); // → ["layer/bias"]
 * ```
 */
export async function loadTensors(path: string | URL): Promise<TensorFile> {
  const files = filesFor('loadTensors', path, 'tensorsFromBytes');
  return readFromFile(files, path, readSafetensors);
}

/**
 * The bytes that saveTensors would write, for a database, a bucket or a message.
 *
 * @throws RangeError for a name that the format cannot hold.
 * @example
 * ```ts
 * import { tensorsFromBytes, tensorsToBytes } from 'treadle';
 * const bytes = await tensorsToBytes({ bias: [0.5, 0.25] });
 * tensorsFromBytes(bytes).tensors.bias; // → [0.5, 0.25]
 * ```
 */
export async function tensorsToBytes(
  tensors: NamedTensors,
  options: SaveTensorsOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { metadata = {} } = readOptions('tensorsToBytes', options, saveTensorsOptions);
  const file = openSafetensors('tensorsToBytes', tensors, metadata);
  try {
    return await toBytes(file);
  } finally {
    file.close();
  }
}

/**
 * As loadTensors, but from bytes.
 *
 * @throws FormatError as loadTensors does.
 * @example
 * ```ts
 * import { tensor, tensorsFromBytes, tensorsToBytes } from 'treadle';
 * const bytes = await tensorsToBytes({ labels: tensor([1, 2], { dtype: 'int32' }) }, { metadata: { epoch: '3' } });
 * const { tensors, metadata } = tensorsFromBytes(bytes);
 * tensors.labels; // → [1, 2]
 * metadata.epoch; // → "3"
 * ```
 */
export function tensorsFromBytes(bytes: Uint8Array): TensorFile {
  return readFromBytes('tensorsFromBytes', bytes, readSafetensors);
}
