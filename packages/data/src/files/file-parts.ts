// The bytes of a file of any size, part by part, inflated if they are gzip data. Synchronous, or asynchronous so that
// the event loop runs between the parts. Knows no format of files.

import { closeSync, createGunzip, createReadStream, fetchFile, open, openSync, readFileSync, readSync } from '#files';
import { checkReadsAtOnce } from './at-once.ts';
import { FormatError } from './format-error.ts';
import { damagedGzip, inflate, isGzip } from './inflate.ts';
import { streamParts } from './stream-parts.ts';

/** Small enough that processing one part takes only a few milliseconds. */
const partBytes = 2 ** 17;

/**
 * The bytes of a file in parts. A part is valid until the next one is asked for. gzip data are inflated as a whole.
 * Throws FormatError for damaged gzip data, and Node's error for a file that cannot be read.
 */
export function* fileParts(format: string, path: string | URL): Generator<Uint8Array, void, undefined> {
  checkReadsAtOnce(path);
  const file = openSync(path, 'r');
  try {
    const buffer = new Uint8Array(partBytes);
    let isFirst = true;
    for (let count = readSync(file, buffer); count > 0; count = readSync(file, buffer)) {
      const part = buffer.subarray(0, count);
      if (isFirst && isGzip(part)) {
        yield* partsOf(inflateFile(format, path));
        return;
      }
      isFirst = false;
      yield part;
    }
  } finally {
    closeSync(file);
  }
}

function inflateFile(format: string, path: string | URL): Uint8Array {
  const bytes = inflate(format, readFileSync(path), Number.POSITIVE_INFINITY);
  if (bytes) return bytes;
  throw new FormatError(
    `${format}: inflated gzip data must fit into one buffer; got more; unpack the file first, or read it asynchronously`,
  );
}

function* partsOf(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += partBytes) yield bytes.subarray(at, at + partBytes);
}

/** As `fileParts`, but the event loop runs while a part is read, and gzip data are inflated part by part. */
export async function* filePartsAsync(
  format: string,
  path: string | URL | Blob,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (path instanceof Blob) return yield* streamParts(format, path.stream());
  const fetched = await fetchFile(path);
  if (fetched) return yield* streamParts(format, fetched);
  const isPacked = await beginsAsGzip(path);
  const stream = createReadStream(path, { highWaterMark: partBytes });
  if (!isPacked) {
    yield* stream;
    return;
  }
  const gunzip = createGunzip({ chunkSize: partBytes });
  let count = 0;
  stream.on('data', (part) => {
    count += part.length;
  });
  stream.on('error', (error) => gunzip.destroy(error));
  stream.pipe(gunzip);
  try {
    yield* gunzip;
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && String(cause.code).startsWith('Z_')) {
      throw damagedGzip(format, count, cause);
    }
    throw cause;
  } finally {
    stream.destroy();
    gunzip.destroy();
  }
}

async function beginsAsGzip(path: string | URL): Promise<boolean> {
  const file = await open(path);
  try {
    const bytes = new Uint8Array(2);
    await file.read(bytes, 0, 2, 0);
    return isGzip(bytes);
  } finally {
    await file.close();
  }
}
