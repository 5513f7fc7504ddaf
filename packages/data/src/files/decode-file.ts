// Reads a whole file and decodes it. An error of the format is reported with the path of the file.

import { show } from '@treadle/tensor';
import { readFileSync } from '#files';
import { checkReadsAtOnce } from './at-once.ts';
import { FormatError } from './format-error.ts';

/**
 * Calls `decode` with the bytes of the file and returns its result. A FormatError of `decode` gets the path in its
 * message. A file that cannot be read throws Node's error.
 */
export function decodeFile<T>(path: string | URL, decode: (bytes: Uint8Array) => T): T {
  checkPath(path);
  checkReadsAtOnce(path);
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

/** Throws TypeError unless `source` is a string, a URL, or a Blob. */
export function checkSource(source: unknown): void {
  if (!(source instanceof Blob)) checkPath(source);
}

/** A FormatError with the path, or a File's name, appended to its message. Returns any other error as it is. */
export function withPath(path: string | URL | Blob, error: unknown): unknown {
  if (!(error instanceof FormatError)) return error;
  const name = path instanceof Blob ? ('name' in path ? path.name : 'a Blob') : path;
  return new FormatError(`${error.message} (${String(name)})`, { cause: error });
}
