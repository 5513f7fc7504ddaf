// What node-files.ts gives, in a browser: byte buffers, as far as CSV needs them. A browser reads files, and inflates data, without
// blocking only; the functions that would have to block throw an Error that says what to use.

import { CannotBlock } from './cannot-block.ts';

/** The part of Node's Buffer that is used here. */
export class Buffer extends Uint8Array {
  static override from(source: unknown): Buffer {
    if (typeof source === 'string') return Buffer.#over(new TextEncoder().encode(source));
    throw new TypeError('internal: a buffer is made from text');
  }

  static #over(bytes: Uint8Array<ArrayBuffer>): Buffer {
    return new Buffer(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  static alloc(length: number): Buffer {
    return new Buffer(length);
  }

  static allocUnsafeSlow(length: number): Buffer {
    return new Buffer(length);
  }

  static concat(parts: readonly Uint8Array[]): Buffer {
    const all = new Buffer(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  /** Writes text as UTF-8. Returns the number of bytes. */
  write(text: string, at: number): number {
    return new TextEncoder().encodeInto(text, this.subarray(at)).written;
  }

  override toString(_encoding = 'utf8', start = 0, end: number = this.length): string {
    return asText.decode(this.subarray(start, end));
  }
}

const asText = new TextDecoder('utf-8', { ignoreBOM: true });

/** Whether these bytes are valid UTF-8. */
export function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

export const bufferLimits = { MAX_LENGTH: 2_147_483_647 } as const;
export const syncFlush = 2;

export function gunzipSync(): never {
  throw new CannotBlock(
    'gzip data must be inflated first, because a browser cannot do it at once; got gzip data',
    'new DecompressionStream("gzip")',
  );
}

export function readFileSync(path: string | URL): never {
  throw cannotRead(path);
}

export function readdirSync(path: string | URL): never {
  throw cannotRead(path);
}

export function join(directory: string, name: string): string {
  return `${directory}/${name}`;
}

/** The error of a function that blocks. */
export function cannotRead(path: string | URL): Error {
  return new CannotBlock(
    `a file must be read without blocking in a browser; got ${String(path)}`,
    'readCsvAsync with a URL or a File, or fetch and parseIdx',
  );
}
