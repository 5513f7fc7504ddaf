// The bytes of a file, inflated where gzip packed them (by their first two bytes, not by the file's name). Knows no
// format; what goes wrong in a format is told with the path of the file.

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { show } from '@treadle/tensor';
import { FormatError } from './format-error.ts';

/** The bytes, inflated when they are gzip data. Throws FormatError, in the name of `format`, when those are damaged. */
export function inflated(format: string, bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes);
  } catch (cause) {
    throw new FormatError(
      `${format}: gzip data must be complete and undamaged; got ${bytes.length} bytes that are not`,
      {
        cause,
      },
    );
  }
}

/** What `decode` makes of the file. A FormatError names the path; a file that cannot be read throws what Node throws. */
export function decodeFile<T>(path: string | URL, decode: (bytes: Uint8Array) => T): T {
  const given: unknown = path;
  if (typeof given !== 'string' && !(given instanceof URL)) {
    throw new TypeError(`file: a path must be a text or a URL; got ${show(given)}`);
  }
  const bytes = readFileSync(path);
  try {
    return decode(bytes);
  } catch (error) {
    if (error instanceof FormatError) throw new FormatError(`${error.message} (${String(path)})`, { cause: error });
    throw error;
  }
}

/** The bytes as text. Throws FormatError, in the name of `format`, when they are not text of this encoding. */
export function decodeText(format: string, bytes: Uint8Array, encoding: string): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    if (cause instanceof RangeError)
      throw new RangeError(`${format}: encoding must be one Node knows; got ${encoding}`);
    throw new FormatError(
      `${format}: text must be ${encoding}; got bytes that are not; with encoding: 'latin1' every byte is a letter`,
      { cause },
    );
  }
}
