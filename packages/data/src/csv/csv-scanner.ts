// Bytes of UTF-8 to rows of fields, part by part: delimiters, quotes, comments and blank lines, and the line that each row came
// from. Line breaks may be \n, \r\n or \r. A row that is not complete waits for the next part, so where the bytes are cut
// changes nothing, and no more is kept than one row and one part.
// Invariant: all rows have the same number of fields, and there is at least one row.

import { type OptionKinds, show } from '@treadle/tensor';
import { FormatError } from '../files/format-error.ts';
import { Buffer, isUtf8 } from '../files/node-files.ts';
import { wrongEncoding } from '../files/text-parts.ts';
import { Fields } from './csv-fields.ts';

export interface CsvSyntax {
  /** What stands between fields: ',' when not given. */
  readonly delimiter?: string | undefined;
  /** What surrounds a field that has delimiters or line breaks in it: '"' when not given, '' for nothing. */
  readonly quote?: string | undefined;
  /** What a line begins with that is no row; no such lines when not given. */
  readonly comment?: string | undefined;
  /** How many lines to leave out at the start. */
  readonly skipLines?: number | undefined;
}

export const csvSyntax: OptionKinds<CsvSyntax> = {
  delimiter: 'string',
  quote: 'string',
  comment: 'string',
  skipLines: 'number',
};

const [lineFeed, carriageReturn] = [10, 13];
const byteOrderMark = Buffer.of(0xef, 0xbb, 0xbf);
/** A row of more bytes is taken for a quote that nobody closed. */
const mostRowBytes = 2 ** 27;

export class CsvScanner {
  readonly #onRow: (fields: Fields) => void;
  readonly #fields: Fields;
  readonly #delimiter: Buffer;
  readonly #quote: Buffer;
  readonly #comment: Buffer;
  /** The bytes at which a field may end, or a quoted one. */
  readonly #ends: Uint8Array;
  readonly #quotedEnds: Uint8Array;
  #linesToSkip: number;
  #line = 1;
  /** bytes that no row was made of yet, in parts; only those up to `#validTo` of their beginning are known to be UTF-8 */
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #validTo = 0;
  /** how many bytes there were when no row was found in them */
  #tried = 0;
  #isBegun = false;
  #width: number | undefined;
  #firstLine = 0;
  /** line breaks inside the fields of the row so far */
  #breaks = 0;
  #lastLine: number | undefined;

  /** Hands the fields of each row to `onRow`, which must not keep them. Throws RangeError for options that mean nothing. */
  constructor(syntax: CsvSyntax, onRow: (fields: Fields) => void) {
    const { delimiter = ',', quote = '"', comment = '', skipLines = 0 } = syntax;
    if (delimiter === '') throw new RangeError("csv: delimiter must have at least one character; got ''");
    if (!Number.isSafeInteger(skipLines) || skipLines < 0) {
      throw new RangeError(`csv: skipLines must be a whole number of lines; got ${show(skipLines)}`);
    }
    this.#onRow = onRow;
    this.#fields = new Fields(quote);
    [this.#delimiter, this.#quote, this.#comment] = [Buffer.from(delimiter), Buffer.from(quote), Buffer.from(comment)];
    this.#ends = setOf(lineFeed, carriageReturn, this.#delimiter[0], this.#quote[0]);
    this.#quotedEnds = setOf(lineFeed, carriageReturn, this.#quote[0]);
    this.#linesToSkip = skipLines;
  }

  /** Takes the next bytes. Throws FormatError when they are not UTF-8, a quote is misplaced, or a row is short or long. */
  push(part: Uint8Array): void {
    this.#waiting.push(part.slice());
    this.#waitingBytes += part.length;
    // A row of many parts is looked at each time there are twice as many: so every byte is looked at a few times at most.
    if (this.#waitingBytes < 2 * this.#tried) return;
    this.#scan(false);
  }

  /** Throws FormatError when the bytes end too soon, or there was no row. */
  end(): void {
    this.#scan(true);
    if (this.#width === undefined) throw new FormatError('csv: a text must have at least one row; got none');
  }

  #scan(isLast: boolean): void {
    const bytes = Buffer.concat(this.#waiting);
    if (!this.#isBegun && bytes.length < byteOrderMark.length && !isLast) return;
    this.#checkEncoding(bytes, isLast);
    let at = this.#isBegun ? 0 : markLength(bytes);
    this.#isBegun = true;
    this.#fields.bytes = bytes;
    while (at < bytes.length) {
      const next = this.#next(bytes, at, isLast);
      if ((next < 0 ? bytes.length : next) - at > mostRowBytes) throw this.#tooLong();
      if (next < 0) break;
      at = next;
    }
    this.#waiting = [bytes.subarray(at)];
    this.#waitingBytes = bytes.length - at;
    this.#tried = this.#waitingBytes;
    this.#validTo -= at;
  }

  #checkEncoding(bytes: Buffer, isLast: boolean): void {
    const end = isLast ? bytes.length : lastWhole(bytes);
    if (!isUtf8(bytes.subarray(this.#validTo, end))) throw wrongEncoding('csv', 'utf-8');
    this.#validTo = Math.max(this.#validTo, end);
  }

  /** Reads the row or line at `at`. Where the next one begins; −1 while its end has not come. */
  #next(bytes: Buffer, at: number, isLast: boolean): number {
    const isBlank = bytes[at] === lineFeed || bytes[at] === carriageReturn;
    if (!isLast && bytes.length - at < this.#comment.length) return -1;
    if (this.#linesToSkip === 0 && !isBlank && !startsWith(bytes, at, this.#comment)) {
      return this.#row(bytes, at, isLast);
    }
    let end = at;
    while (end < bytes.length && bytes[end] !== lineFeed && bytes[end] !== carriageReturn) end++;
    const next = behindBreak(bytes, end, isLast);
    if (next < 0) return -1;
    this.#line++;
    if (this.#linesToSkip > 0) this.#linesToSkip--;
    return next;
  }

  /** Where the next row begins; −1 while the end of this one has not come. */
  #row(bytes: Buffer, begin: number, isLast: boolean): number {
    const [fields, delimiter, quote, ends] = [this.#fields, this.#delimiter, this.#quote, this.#ends];
    const [first, quoteFirst] = [delimiter[0], quote[0]];
    fields.count = 0;
    fields.line = this.#line;
    this.#breaks = 0;
    let at = begin;
    for (;;) {
      if (bytes[at] === quoteFirst && startsWith(bytes, at, quote)) {
        at = this.#quoted(bytes, at + quote.length, isLast);
        if (at < 0) return -1;
      } else {
        const start = at;
        for (; at < bytes.length; at++) {
          const byte = bytes[at]!;
          if (ends[byte] === 0) continue;
          if (byte === lineFeed || byte === carriageReturn) break;
          if (!isLast && at + delimiter.length > bytes.length) return -1;
          if (byte === first && startsWith(bytes, at, delimiter)) break;
          if (byte === quoteFirst && startsWith(bytes, at, quote)) throw this.#misquoted();
        }
        fields.add(start, at, false);
      }
      const isBreak = at >= bytes.length || bytes[at] === lineFeed || bytes[at] === carriageReturn;
      if (isBreak) break;
      at += delimiter.length;
    }
    const next = behindBreak(bytes, at, isLast);
    if (next >= 0) this.#emit();
    return next;
  }

  /** Adds the field that begins at `start`, behind its quote. Where it ends, behind the other; −1 while that has not come. */
  #quoted(bytes: Buffer, start: number, isLast: boolean): number {
    const [delimiter, quote, ends] = [this.#delimiter, this.#quote, this.#quotedEnds];
    let isEscaped = false;
    let at = start;
    for (;;) {
      while (at < bytes.length && ends[bytes[at]!] === 0) at++;
      // Behind a quote or a carriage return, it depends on what follows.
      const isSure = isLast || at + quote.length + Math.max(quote.length, delimiter.length) <= bytes.length;
      if (!isSure) return -1;
      if (at >= bytes.length) throw this.#unclosed();
      const byte = bytes[at];
      if (byte === lineFeed || byte === carriageReturn) {
        this.#breaks++;
        isEscaped ||= byte === carriageReturn;
        at += byte === carriageReturn && bytes[at + 1] === lineFeed ? 2 : 1;
      } else if (!startsWith(bytes, at, quote)) at++;
      else if (startsWith(bytes, at + quote.length, quote)) {
        isEscaped = true;
        at += 2 * quote.length;
      } else break;
    }
    this.#fields.add(start, at, isEscaped);
    at += quote.length;
    const follower = bytes[at];
    const isEnd = at >= bytes.length || follower === lineFeed || follower === carriageReturn;
    if (isEnd || startsWith(bytes, at, delimiter)) return at;
    this.#fields.count--;
    throw this.#misquoted();
  }

  #emit(): void {
    const { count, line } = this.#fields;
    if (this.#width === undefined) [this.#width, this.#firstLine] = [count, line];
    if (count !== this.#width) {
      throw new FormatError(
        `csv: every row must have the ${this.#width} fields that line ${this.#firstLine} has; got ${count} in line ${line}; ` +
          `fields are divided by ${show(this.#delimiter.toString())}, and skipLines leaves out lines before the table`,
      );
    }
    this.#onRow(this.#fields);
    this.#lastLine = line;
    this.#line = line + this.#breaks + 1;
  }

  #unclosed(): FormatError {
    const row = this.#lastLine === undefined ? 'the first row' : `the row after the one in line ${this.#lastLine}`;
    const quote = shortened(this.#quote);
    return new FormatError(`csv: a quoted field must be closed by ${quote}; got the end of the text in ${row}`);
  }

  #misquoted(): FormatError {
    const [line, column] = [this.#line + this.#breaks, this.#fields.count];
    return new FormatError(
      `csv: ${shortened(this.#quote)} inside a field must be doubled and the field quoted; ` +
        `got one in line ${line}, column ${column} counted from 0; with quote: '' it is a character like any other`,
    );
  }

  #tooLong(): FormatError {
    return new FormatError(
      `csv: a row must have at most ${mostRowBytes} bytes; got more from line ${this.#line} on; is a quote not closed?`,
    );
  }
}

function setOf(...bytes: readonly (number | undefined)[]): Uint8Array {
  const set = new Uint8Array(256);
  for (const byte of bytes) if (byte !== undefined) set[byte] = 1;
  return set;
}

function startsWith(bytes: Buffer, at: number, text: Buffer): boolean {
  if (text.length === 0 || at + text.length > bytes.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}

/** Where the line behind the break at `at` begins; −1 while that is not sure. The end of the text ends a line. */
function behindBreak(bytes: Buffer, at: number, isLast: boolean): number {
  if (at >= bytes.length) return isLast ? bytes.length : -1;
  if (bytes[at] === lineFeed) return at + 1;
  if (at + 1 >= bytes.length) return isLast ? at + 1 : -1;
  return bytes[at + 1] === lineFeed ? at + 2 : at + 1;
}

function markLength(bytes: Buffer): number {
  return startsWith(bytes, 0, byteOrderMark) ? byteOrderMark.length : 0;
}

/** The end of the last character that is whole. */
function lastWhole(bytes: Buffer): number {
  for (let at = bytes.length - 1; at >= Math.max(0, bytes.length - 3); at--) {
    const byte = bytes[at]!;
    if (byte < 0x80) return bytes.length;
    if (byte < 0xc0) continue;
    const length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return at + length > bytes.length ? at : bytes.length;
  }
  return bytes.length;
}

function shortened(quote: Buffer): string {
  return quote.subarray(0, 8).toString();
}
