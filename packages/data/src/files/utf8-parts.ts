// Text as UTF-8 bytes, part by part. The text is a string, or bytes in another encoding.

import { show } from '@treadle/tensor';
import { FormatError } from './format-error.ts';

/** UTF-16 code units in a part */
const partLength = 2 ** 16;

/** A string as UTF-8. A surrogate without its partner becomes U+FFFD. */
export function* utf8Parts(text: string): Generator<Uint8Array, void, undefined> {
  const encoder = new TextEncoder();
  for (let from = 0, to = 0; from < text.length; from = to) {
    to = Math.min(from + partLength, text.length);
    const splitsPair = to < text.length && (text.charCodeAt(to - 1) & 0xfc00) === 0xd800;
    if (splitsPair) to++;
    yield encoder.encode(text.slice(from, to));
  }
}

/** Converts the next bytes of a text to UTF-8. undefined ends the text. */
type Transcoder = (part: Uint8Array | undefined) => Uint8Array;

/**
 * A converter from an encoding, named as for TextDecoder, to UTF-8. Throws RangeError for an encoding that Node does
 * not know. The converter throws FormatError for bytes that are invalid in the encoding; UTF-8 itself is passed through
 * unchecked.
 */
export function transcoderToUtf8(format: string, encoding: string): Transcoder {
  const decoder = decoderOf(format, encoding);
  if (decoder.encoding === 'utf-8') return (part) => part ?? new Uint8Array(0); // the reader of the bytes checks them
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
    throw new RangeError(`${format}: encoding must be one that Node knows; got ${show(encoding)}`, { cause });
  }
}

/** The error for bytes that are invalid in an encoding. */
export function wrongEncoding(format: string, encoding: string, cause?: unknown): FormatError {
  return new FormatError(
    `${format}: text must be valid ${encoding}; got bytes that are not; encoding: 'latin1' accepts any bytes`,
    { cause },
  );
}
