// What this package needs of Node.js: files, byte buffers, and inflating. The only file of the package that imports Node; in browsers,
// browser-files.ts takes its place.

export { Buffer, constants as bufferLimits, isUtf8 } from 'node:buffer';
export { closeSync, createReadStream, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
export { open } from 'node:fs/promises';
export { join } from 'node:path';
export { createGunzip, gunzipSync } from 'node:zlib';

/** Whether files can be read, and data inflated, at once. */
export const worksAtOnce: boolean = true;

/** The stream of a file where only streams of the web are known; undefined here. */
export async function fetchFile(_: string | URL): Promise<ReadableStream<Uint8Array<ArrayBuffer>> | undefined> {
  return undefined;
}

/** The number of the kind of flush that gives what is there, as zlib.h defines it. */
export const syncFlush = 2;
