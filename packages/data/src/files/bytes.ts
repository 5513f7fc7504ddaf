// The bytes of a file, inflated where gzip packed them (by their first two bytes, not by the file's name). Knows no format; what
// goes wrong in a format is told with the path of the file.

import { show } from '@treadle/tensor';
import { FormatError } from './format-error.ts';
import { bufferLimits, gunzipSync, readFileSync, zlibConstants } from './node-files.ts';

/** Two bits of DEFLATE stand for 258 bytes at most (RFC 1951), so no data inflate more. */
const mostInflation = 1032;
/** So many packed bytes hold the header of any format, and inflate to 4 MB at most. */
const beginningBytes = 2 ** 12;

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * The bytes, inflated when they are gzip data. Throws FormatError, in the name of `format`, when those are damaged. undefined
 * when they would be more than `most`: no more is inflated than that.
 */
export function inflated(format: string, bytes: Uint8Array, most: number): Uint8Array | undefined {
  if (!isGzip(bytes)) return bytes.length > most ? undefined : bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: Math.max(1, Math.min(most, bufferLimits.MAX_LENGTH)) });
  } catch (cause) {
    if (cause instanceof RangeError) return undefined;
    throw damaged(format, bytes.length, cause);
  }
}

/** The first of the bytes, inflated: all of them, or more than any header takes. Throws as `inflated` does. */
export function beginning(format: string, bytes: Uint8Array): Uint8Array {
  if (!isGzip(bytes)) return bytes;
  const isWhole = bytes.length <= beginningBytes;
  try {
    return gunzipSync(bytes.subarray(0, beginningBytes), isWhole ? {} : { finishFlush: zlibConstants.Z_SYNC_FLUSH });
  } catch (cause) {
    throw damaged(format, bytes.length, cause);
  }
}

/** How many bytes these may be when they are inflated. */
export function mostBytes(bytes: Uint8Array): number {
  return isGzip(bytes) ? mostInflation * bytes.length : bytes.length;
}

/** Of `count` bytes of gzip data that cannot be inflated. */
export function damaged(format: string, count: number, cause: unknown): FormatError {
  const message = `${format}: gzip data must be complete and undamaged; got ${count} bytes that are not`;
  return new FormatError(message, { cause });
}

/** What `decode` makes of the file. A FormatError names the path; a file that cannot be read throws what Node throws. */
export function decodeFile<T>(path: string | URL, decode: (bytes: Uint8Array) => T): T {
  checkPath(path);
  const bytes = readFileSync(path);
  try {
    return decode(bytes);
  } catch (error) {
    throw ofFile(path, error);
  }
}

/** Throws TypeError for what is no path. */
export function checkPath(path: unknown): void {
  if (typeof path === 'string' || path instanceof URL) return;
  throw new TypeError(`file: a path must be a text or a URL; got ${show(path)}`);
}

/** A FormatError with the path in its message; any other error as it is. */
export function ofFile(path: string | URL, error: unknown): unknown {
  return error instanceof FormatError ? new FormatError(`${error.message} (${String(path)})`, { cause: error }) : error;
}
