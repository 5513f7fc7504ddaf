// The files of the host, for the functions that take a path.

import { show } from '@treadle/tensor';
import { hostFiles } from '#files';
import type { FileSystem } from './file-system.ts';

/**
 * The host's files.
 *
 * @throws TypeError unless the path is a string or a URL; Error where the host has no files. It names the function that works on bytes.
 */
export function filesFor(op: string, path: unknown, onBytes: string): FileSystem {
  if (typeof path !== 'string' && !(path instanceof URL)) {
    throw new TypeError(`${op}: a path must be a URL or a string; got ${show(path)}`);
  }
  if (hostFiles) return hostFiles;
  throw new Error(`${op}: the host must have files; got a browser; ${onBytes} does the same with bytes`);
}
