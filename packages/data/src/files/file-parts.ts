// The bytes of a file of any size, part by part, inflated where gzip packed them: at once, or with the event loop free between
// the parts.

import { damaged, inflated, isGzip } from './bytes.ts';
import { FormatError } from './format-error.ts';
import { closeSync, createGunzip, createReadStream, open, openSync, readFileSync, readSync } from './node-files.ts';

/** What is made of so many bytes takes a few milliseconds. */
const partBytes = 2 ** 17;

/** A part is valid until the next one is asked for. gzip data are inflated as a whole. */
export function* fileParts(format: string, path: string | URL): Generator<Uint8Array, void, undefined> {
  const file = openSync(path, 'r');
  try {
    const buffer = new Uint8Array(partBytes);
    let isFirst = true;
    for (let count = readSync(file, buffer); count > 0; count = readSync(file, buffer)) {
      const part = buffer.subarray(0, count);
      if (isFirst && isGzip(part)) {
        yield* cut(inflatedFile(format, path));
        return;
      }
      isFirst = false;
      yield part;
    }
  } finally {
    closeSync(file);
  }
}

function inflatedFile(format: string, path: string | URL): Uint8Array {
  const whole = inflated(format, readFileSync(path), Number.POSITIVE_INFINITY);
  if (whole) return whole;
  throw new FormatError(
    `${format}: gzip data must inflate to what one buffer can hold; got more; unpack the file first`,
  );
}

export function* cut(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += partBytes) yield bytes.subarray(at, at + partBytes);
}

/** The same with the event loop free while a part is read; gzip data are inflated part by part. */
export async function* filePartsAsync(format: string, path: string | URL): AsyncGenerator<Uint8Array, void, undefined> {
  const isPacked = await beginsAsGzip(path);
  const stream = createReadStream(path, { highWaterMark: partBytes });
  if (!isPacked) {
    yield* stream;
    return;
  }
  const inflating = createGunzip({ chunkSize: partBytes });
  let count = 0;
  stream.on('data', (part) => {
    count += part.length;
  });
  stream.on('error', (error) => inflating.destroy(error));
  stream.pipe(inflating);
  try {
    yield* inflating;
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && String(cause.code).startsWith('Z_')) {
      throw damaged(format, count, cause);
    }
    throw cause;
  } finally {
    stream.destroy();
    inflating.destroy();
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
