// Reading as a conversation: a format says which bytes it wants next, and a source puts them there, at once (bytes in memory) or
// after a while (a file). So each format is written once, and no source hands out more than what was asked for.

import { FormatError, show } from '@treadle/tensor';
import type { FileSystem } from '../files/file-system.ts';

/** Bytes of the source from a position on, as many as `into` holds. */
export interface Wanted {
  readonly position: number;
  readonly into: Uint8Array<ArrayBuffer>;
}

/** Reads T from a source. Everything that it wants lies inside the source. */
export type Reading<T> = Generator<Wanted, T, undefined>;

/** Begins to read a source of so many bytes. */
export type Reader<T> = (byteLength: number) => Reading<T>;

/** Reads from bytes. */
export function readFromBytes<T>(op: string, bytes: Uint8Array, reader: Reader<T>): T {
  const given: unknown = bytes;
  if (!(given instanceof Uint8Array)) throw new TypeError(`${op}: bytes must be a Uint8Array; got ${show(given)}`);
  const reading = reader(bytes.length);
  for (;;) {
    const { done, value } = reading.next();
    if (done) return value;
    value.into.set(bytes.subarray(value.position, value.position + value.into.length));
  }
}

/** Reads from a file. A FormatError gets the path in its message. */
export async function readFromFile<T>(files: FileSystem, path: string | URL, reader: Reader<T>): Promise<T> {
  const file = await files.open(path);
  try {
    const reading = reader(file.byteLength);
    for (;;) {
      const { done, value } = reading.next();
      if (done) return value;
      const isWhole = await file.read(value.position, value.into);
      if (!isWhole) throw new FormatError('file: a file must not change while it is read; got one that was cut');
    }
  } catch (error) {
    throw error instanceof FormatError
      ? new FormatError(`${error.message} (${String(path)})`, { cause: error })
      : error;
  } finally {
    await file.close();
  }
}

/** The bytes [position, position + length) of a source. */
export function* readPart(position: number, length: number): Reading<Uint8Array<ArrayBuffer>> {
  const into = new Uint8Array(length);
  yield { position, into };
  return into;
}
