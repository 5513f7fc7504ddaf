// What node-files.ts gives, in a browser: byte buffers, as far as CSV needs them. A browser reads files, and inflates data, without
// blocking only.

/** The part of Node's byte buffers that is used here. */
class TextBytes extends Uint8Array {
  static override from(source: unknown): TextBytes {
    if (typeof source === 'string') return TextBytes.#over(new TextEncoder().encode(source));
    throw new TypeError('internal: a buffer is made from text');
  }

  static #over(bytes: Uint8Array<ArrayBuffer>): TextBytes {
    return new TextBytes(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  static alloc(length: number): TextBytes {
    return new TextBytes(length);
  }

  static allocUnsafeSlow(length: number): TextBytes {
    return new TextBytes(length);
  }

  static concat(parts: readonly Uint8Array[]): TextBytes {
    const all = new TextBytes(parts.reduce((sum, { length }) => sum + length, 0));
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

export { TextBytes as Buffer };

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

/** Whether files can be read, and data inflated, at once. Where they cannot, the functions below are not called. */
export const worksAtOnce = false;

function absent(): never {
  throw new Error('internal: a browser has no files');
}

export {
  absent as closeSync,
  absent as createGunzip,
  absent as createReadStream,
  absent as gunzipSync,
  absent as join,
  absent as open,
  absent as openSync,
  absent as readdirSync,
  absent as readFileSync,
  absent as readSync,
};

export const bufferLimits = { MAX_LENGTH: 2_147_483_647 } as const;
export const syncFlush = 2;

/** The stream of what a URL leads to. Throws Error where there is nothing. */
export async function fetchFile(url: string | URL): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const { ok, status, body } = await fetch(url);
  if (ok && body) return body;
  throw new Error(`file: a URL must lead to a file; got status ${status} for ${String(url)}`);
}
