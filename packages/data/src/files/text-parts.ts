// Text as UTF-8, part by part, whatever it was before: a string, or bytes of another encoding.

import { show } from '@treadle/tensor';
import { FormatError } from './format-error.ts';

const partLength = 2 ** 16;

/** A text as UTF-8. Half of a surrogate pair becomes U+FFFD. */
export function* utf8Parts(text: string): Generator<Uint8Array, void, undefined> {
  const encoder = new TextEncoder();
  for (let from = 0, to = 0; from < text.length; from = to) {
    to = Math.min(from + partLength, text.length);
    const isCutPair = to < text.length && (text.charCodeAt(to - 1) & 0xfc00) === 0xd800;
    if (isCutPair) to++;
    yield encoder.encode(text.slice(from, to));
  }
}

/** Bytes of a text to UTF-8, part by part; undefined is its end. */
export type Recode = (part: Uint8Array | undefined) => Uint8Array;

/** Throws RangeError for an encoding that Node does not know; the result FormatError for bytes that are not text of it. */
export function recoding(format: string, encoding: string): Recode {
  const decoder = decoderOf(format, encoding);
  if (decoder.encoding === 'utf-8') return (part) => part ?? new Uint8Array(0); // checked where it is read
  const encoder = new TextEncoder();
  return (part) => {
    try {
      return encoder.encode(part ? decoder.decode(part, { stream: true }) : decoder.decode());
    } catch (cause) {
      throw wrongEncoding(format, encoding, cause);
    }
  };
}

function decoderOf(format: string, encoding: string): TextDecoder {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch (cause) {
    throw new RangeError(`${format}: encoding must be one Node knows; got ${show(encoding)}`, { cause });
  }
}

export function wrongEncoding(format: string, encoding: string, cause?: unknown): FormatError {
  return new FormatError(
    `${format}: text must be ${encoding}; got bytes that are not; with encoding: 'latin1' every byte is a letter`,
    { cause },
  );
}
