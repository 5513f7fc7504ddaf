// gzip data (RFC 1952), recognized by their first two bytes and not by a file's name. Bytes that are not gzip data are
// returned as they are. Knows no format of files: `format` is only the name that error messages begin with.

import { bufferLimits, gunzipSync, syncFlush } from '#files';
import { checkInflatesAtOnce } from './at-once.ts';
import { FormatError } from './format-error.ts';

/** DEFLATE stores at most 258 bytes in two bits (RFC 1951), so no data inflate more than this. */
const maxInflation = 1032;
/** Enough compressed bytes for the header of any format here. They inflate to 4 MB at most. */
const beginningBytes = 2 ** 12;

/** Whether these are gzip data. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * The bytes, inflated if they are gzip data. undefined if the result is longer than `maxLength` bytes; no more than
 * that is inflated. Throws FormatError for damaged gzip data.
 */
export function inflate(format: string, bytes: Uint8Array, maxLength: number): Uint8Array | undefined {
  if (!isGzip(bytes)) return bytes.length > maxLength ? undefined : bytes;
  checkInflatesAtOnce(format);
  try {
    return gunzipSync(bytes, { maxOutputLength: Math.max(1, Math.min(maxLength, bufferLimits.MAX_LENGTH)) });
  } catch (cause) {
    if (cause instanceof RangeError) return undefined;
    throw damagedGzip(format, bytes.length, cause);
  }
}

/**
 * The beginning of the bytes, inflated if they are gzip data. It holds the header of any format. Throws as `inflate`
 * does.
 */
export function inflateBeginning(format: string, bytes: Uint8Array): Uint8Array {
  if (!isGzip(bytes)) return bytes;
  checkInflatesAtOnce(format);
  const isComplete = bytes.length <= beginningBytes;
  try {
    return gunzipSync(bytes.subarray(0, beginningBytes), isComplete ? {} : { finishFlush: syncFlush });
  } catch (cause) {
    throw damagedGzip(format, bytes.length, cause);
  }
}

/** An upper bound for the number of bytes after inflating. Reads only the first two bytes. */
export function maxInflatedLength(bytes: Uint8Array): number {
  return isGzip(bytes) ? maxInflation * bytes.length : bytes.length;
}

/** The error for `count` bytes of gzip data that cannot be inflated. */
export function damagedGzip(format: string, count: number, cause: unknown): FormatError {
  const message = `${format}: gzip data must be complete and undamaged; got ${count} bytes that are not`;
  return new FormatError(message, { cause });
}
