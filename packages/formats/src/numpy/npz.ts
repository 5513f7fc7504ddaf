// What users call for npz files: arrays by name, as numpy.savez writes them: a zip file with an npy file for each.

import { FormatError, type OptionKinds, readOptions, show, type Tensor } from '@treadle/tensor';
import { type Reader, readFromBytes, readFromFile } from '../bytes/reading.ts';
import {
  elementParts,
  type NamedElements,
  type NamedTensors,
  type OutgoingFile,
  openNamed,
  toBytes,
} from '../bytes/writing.ts';
import { memoryLimit } from '../elements/element-reader.ts';
import { filesFor } from '../files/host.ts';
import { writeAtomically } from '../files/write-atomically.ts';
import { in64, readDirectory } from '../zip/directory.ts';
import { readEntry } from '../zip/read-entry.ts';
import { storedLength, type UnpackedEntry, zipParts } from '../zip/write-zip.ts';
import { NpyDecoder } from './npy-decoder.ts';
import { encodeNpyHeader } from './npy-header.ts';

/** Options of saveNpz and npzToBytes. */
export interface SaveNpzOptions {
  /** whether the arrays are deflated, as by numpy.savez_compressed; false by default */
  readonly compressed?: boolean;
}

/** Options of loadNpz and npzFromBytes. */
export interface LoadNpzOptions {
  /**
   * The most bytes that the tensors may take together, 1 kB for each and what its elements take. By default 4 times the length of the file and 48 MiB, so that a small file
   * which unpacks to a huge one cannot fill the memory.
   */
  readonly maxBytes?: number;
}

const saveNpzOptions: OptionKinds<SaveNpzOptions> = { compressed: 'boolean' };
const loadNpzOptions: OptionKinds<LoadNpzOptions> = { maxBytes: 'number' };

/**
 * Writes tensors by name as a file that numpy.load reads: an object or a map of tensors, or of what `tensor` accepts. The file appears as
 * a whole or not at all.
 *
 * @throws RangeError for a name that the format cannot hold, and what Node throws where the file cannot be written.
 * @example
 * ```ts
 * import { tmpdir } from 'node:os';
 * import { loadNpz, saveNpz } from 'treadle';
 * const path = `${tmpdir()}/points.npz`;
 * await saveNpz(path, { x: [1, 2, 3], y: [2, 4, 6] }, { compressed: true });
 * const { x, y } = await loadNpz(path);
 * y; // → [2, 4, 6]
 * ```
 */
export async function saveNpz(path: string | URL, tensors: NamedTensors, options: SaveNpzOptions = {}): Promise<void> {
  const files = filesFor('saveNpz', path, 'npzToBytes');
  const file = openNpz('saveNpz', tensors, options);
  try {
    await writeAtomically(files, path, file.parts());
  } finally {
    file.close();
  }
}

/**
 * Reads an npz file of NumPy, stored or deflated: the tensors by name. Elements become what loadNpy makes of them.
 *
 * @throws FormatError for a file that breaks a rule of zip or npy, or unpacks to more than `maxBytes`.
 * @example
 * ```ts
 * import { tmpdir } from 'node:os';
 * import { loadNpz, saveNpz } from 'treadle';
 * const path = `${tmpdir()}/both.npz`;
 * await saveNpz(path, { inputs: [[0, 1]], targets: [1] });
 * const tensors = await loadNpz(path);
 * Object.keys(tensors); // → ["inputs", "targets"]
 * ```
 */
export async function loadNpz(
  path: string | URL,
  options: LoadNpzOptions = {},
): Promise<Readonly<Record<string, Tensor>>> {
  return readFromFile(filesFor('loadNpz', path, 'npzFromBytes'), path, npzReader('loadNpz', options));
}

/**
 * The bytes that saveNpz would write.
 *
 * @throws RangeError for a name that the format cannot hold.
 * @example
 * ```ts
 * import { npzFromBytes, npzToBytes } from 'treadle';
 * const bytes = await npzToBytes({ x: [1, 2] });
 * npzFromBytes(bytes).x; // → [1, 2]
 * ```
 */
export async function npzToBytes(
  tensors: NamedTensors,
  options: SaveNpzOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const file = openNpz('npzToBytes', tensors, options);
  try {
    return await toBytes(file);
  } finally {
    file.close();
  }
}

/**
 * As loadNpz, but from bytes.
 *
 * @throws FormatError as loadNpz does.
 * @example
 * ```ts
 * import { npzFromBytes, npzToBytes, zeros } from 'treadle';
 * const bytes = await npzToBytes({ x: zeros([1000]) }, { compressed: true });
 * bytes.length < 1000; // → true
 * const { x } = npzFromBytes(bytes, { maxBytes: 10_000 });
 * x?.shape; // → [1000]
 * ```
 */
export function npzFromBytes(bytes: Uint8Array, options: LoadNpzOptions = {}): Readonly<Record<string, Tensor>> {
  return readFromBytes('npzFromBytes', bytes, npzReader('npzFromBytes', options));
}

/** Opens tensors to be written. Sizes from `largest` on are written in 64 bits. */
export function openNpz(
  op: string,
  tensors: NamedTensors,
  options: SaveNpzOptions,
  largest: number = in64,
): OutgoingFile {
  const { compressed: isDeflated = false } = readOptions(op, options, saveNpzOptions);
  const opened = openNamed(op, tensors);
  const close = (): void => {
    for (const x of opened) x.close();
  };
  try {
    const entries = opened.map((x) => entryOf(op, x));
    const byteLength = isDeflated ? undefined : storedLength(entries, largest);
    return { byteLength, parts: () => zipParts(entries, { isDeflated, largest }), close };
  } catch (error) {
    close();
    throw error;
  }
}

function entryOf(op: string, x: NamedElements): UnpackedEntry {
  const name = new TextEncoder().encode(`${x.name}.npy`);
  if (!x.name.isWellFormed() || x.name.includes('\0') || name.length > 0xffff) {
    throw new RangeError(`${op}: a name must be Unicode without U+0000, of at most 65531 bytes; got ${show(x.name)}`);
  }
  const header = encodeNpyHeader(x.dtype, x.shape);
  return {
    name,
    byteLength: header.length + x.byteLength,
    async *parts() {
      yield header;
      yield* elementParts(x);
    },
  };
}

function npzReader(op: string, options: LoadNpzOptions): Reader<Readonly<Record<string, Tensor>>> {
  const { maxBytes } = readOptions(op, options, loadNpzOptions);
  return function* (byteLength) {
    const { entries, end } = yield* readDirectory('npz', byteLength);
    const most = maxBytes ?? memoryLimit(byteLength);
    const tensors: [string, Tensor][] = [];
    let [from, taken] = [0, 0];
    for (const entry of entries) {
      const [, name] = /^(.*)\.npy$/s.exec(entry.name) ?? [];
      if (name === undefined)
        throw new FormatError(`npz: every file in it must be an npy file; got ${show(entry.name)}`);
      const decoder = new NpyDecoder(`npz: in ${show(name)}, `, entry.byteLength, (bytes) => {
        taken += bytes;
        if (taken > most)
          throw new FormatError(
            `npz: the tensors must take at most ${most} bytes; got more; raise maxBytes if you trust the file`,
          );
      });
      from = yield* readEntry('npz', entry, from, end, decoder);
      tensors.push([name, decoder.tensor()]);
    }
    return Object.fromEntries(tensors);
  };
}
