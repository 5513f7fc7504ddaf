// Reads a whole file and decodes it. An error of the format is reported with the path of the file.

import { show } from '@treadle/tensor';
import { readFileSync } from '#files';
import { FormatError } from './format-error.ts';

/**
 * Calls `decode` with the bytes of the file and returns its result. A FormatError of `decode` gets the path in its
 * message. A file that cannot be read throws Node's error.
 */
export function decodeFile<T>(path: string | URL, decode: (bytes: Uint8Array) => T): T {
  checkPath(path);
  const bytes = readFileSync(path);
  try {
    return decode(bytes);
  } catch (error) {
    throw withPath(path, error);
  }
}

/** Throws TypeError unless `path` is a string or a URL. */
export function checkPath(path: unknown): void {
  if (typeof path === 'string' || path instanceof URL) return;
  throw new TypeError(`file: a path must be a URL or a string; got ${show(path)}`);
}

/** A FormatError with the path appended to its message. Returns any other error as it is. */
export function withPath(path: string | URL, error: unknown): unknown {
  return error instanceof FormatError ? new FormatError(`${error.message} (${String(path)})`, { cause: error }) : error;
}
