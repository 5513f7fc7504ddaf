// What file-parts.ts gives, in a browser: the bytes of what a URL leads to, or of a Blob, such as a File that was dropped on a page.

import { cannotRead } from './browser-files.ts';
import { streamParts } from './stream-parts.ts';

export function fileParts(_format: string, path: string | URL): never {
  throw cannotRead(path);
}

/**
 * The bytes in parts. A part is valid until the next one is asked for. Throws FormatError for damaged gzip data, and Error where there is
 * no such file.
 */
export async function* filePartsAsync(
  format: string,
  from: string | URL | Blob,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* streamParts(format, from instanceof Blob ? from.stream() : await fetched(from));
}

async function fetched(url: string | URL): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const { ok, status, body } = await fetch(url);
  if (ok && body) return body;
  throw new Error(`file: a URL must lead to a file; got status ${status} for ${String(url)}`);
}
