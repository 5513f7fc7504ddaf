// The bytes of a stream of the web, part by part, inflated if they are gzip data: of a Blob, such as a File that was dropped on a page,
// or of a response to fetch.

import { damagedGzip, isGzip } from './inflate.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** The bytes of a stream. Throws FormatError for damaged gzip data, and the stream's error where it cannot be read. */
export async function* streamParts(
  format: string,
  stream: ReadableStream<Bytes>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const parts = readAll(stream);
  const beginning = await firstPart(parts);
  if (!isGzip(beginning)) {
    yield beginning;
    yield* parts;
    return;
  }
  const gunzip = new DecompressionStream('gzip');
  const source = { bytes: 0, error: undefined };
  const written = writeAll(gunzip.writable, beginning, parts, source);
  try {
    yield* readAll(gunzip.readable);
  } catch (cause) {
    throw source.error ?? damagedGzip(format, source.bytes, cause);
  } finally {
    await written;
  }
}

async function* readAll(stream: ReadableStream<Bytes>): AsyncGenerator<Bytes, void, undefined> {
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel().catch(() => {}); // a stream that has failed cannot be cancelled
  }
}

/** The first bytes: two at least, unless there are fewer. */
async function firstPart(parts: AsyncGenerator<Bytes, void, undefined>): Promise<Bytes> {
  let first: Bytes = new Uint8Array(0);
  while (first.length < 2) {
    const next = await parts.next();
    if (next.done) break;
    const longer = new Uint8Array(first.length + next.value.length);
    longer.set(first);
    longer.set(next.value, first.length);
    first = longer;
  }
  return first;
}

/** Writes all parts. `source` is told how many bytes there were, and why no more could be read. */
async function writeAll(
  to: WritableStream<Bytes>,
  beginning: Bytes,
  parts: AsyncGenerator<Bytes, void, undefined>,
  source: { bytes: number; error: unknown },
): Promise<void> {
  const writer = to.getWriter();
  const write = async (part: Bytes): Promise<void> => {
    source.bytes += part.length;
    await writer.write(part);
  };
  try {
    await write(beginning);
    for (;;) {
      const next = await parts.next().catch((error: unknown) => {
        source.error = error;
        throw error;
      });
      if (next.done) break;
      await write(next.value);
    }
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => {}); // the reader of the inflated bytes has the error
  }
}
