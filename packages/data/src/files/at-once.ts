// What a browser cannot do at once: read files and inflate data. Functions that would have to block say there what to use.

import { worksAtOnce } from '#files';

/** Throws an Error where files cannot be read at once. */
export function checkReadsAtOnce(path: string | URL): void {
  if (worksAtOnce) return;
  throw new Error(
    `file: a browser reads files without blocking only; got ${String(path)}; use readCsvAsync with a URL or a File, or fetch the ` +
      'bytes and parse them',
  );
}

/** Throws an Error where gzip data cannot be inflated at once. */
export function checkInflatesAtOnce(format: string): void {
  if (worksAtOnce) return;
  throw new Error(
    `${format}: a browser inflates data without blocking only; got gzip data; inflate them first, with ` +
      "new DecompressionStream('gzip'), or use readCsvAsync",
  );
}
