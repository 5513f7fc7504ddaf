// Splits UTF-8 bytes into the rows and fields of a CSV table. The bytes come part by part. Handles delimiters, quotes,
// comments and blank lines; line breaks may be \n, \r\n or \r. Does not know what a field means, nor which row is the
// header. Where the parts are cut changes nothing: an incomplete row waits for the next part. At most one row and one
// part are kept.
// Invariant: all rows have the same number of fields, and there is at least one row.

import { type OptionKinds, show } from '@treadle/tensor';
import { Buffer, isUtf8 } from '#files';
import { FormatError } from '../files/format-error.ts';
import { wrongEncoding } from '../files/utf8-parts.ts';
import { Fields } from './csv-fields.ts';

export interface CsvSyntax {
  /** The text between two fields; `','` by default. */
  readonly delimiter?: string | undefined;
  /** The text around a field that contains delimiters or line breaks; `'"'` by default, `''` for none. */
  readonly quote?: string | undefined;
  /** Lines that begin with this text are left out; by default there are no such lines. */
  readonly comment?: string | undefined;
  /** The number of lines to leave out at the start; 0 by default. */
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
/** A longer row is refused: most likely a quote is not closed. */
const maxRowBytes = 2 ** 27;
/** Returned instead of a position when the bytes so far do not decide it. */
const incomplete = -1;

export class CsvScanner {
  readonly #onRow: (fields: Fields) => void;
  readonly #fields: Fields;
  readonly #delimiter: Buffer;
  readonly #quote: Buffer;
  readonly #comment: Buffer;
  /** [256], 1 for each byte at which an unquoted field may end */
  readonly #stops: Uint8Array;
  /** [256], 1 for each byte at which a quoted field may end */
  readonly #quotedStops: Uint8Array;
  #linesToSkip: number;
  /** the current line, counted from 1 */
  #line = 1;
  /** the parts that no complete row was found in yet, `#pendingBytes` bytes in all */
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  /** the bytes before this position of the pending ones are known to be UTF-8 */
  #validTo = 0;
  /** the number of pending bytes at the last attempt to find a row */
  #attemptedBytes = 0;
  #hasBegun = false;
  /** the number of fields of the first row */
  #width: number | undefined;
  #firstLine = 0;
  /** line breaks inside the quoted fields of the current row */
  #breaksInRow = 0;
  /** the line of the last complete row */
  #lastLine: number | undefined;

  /**
   * Calls `onRow` with the fields of each row. `onRow` must not keep them. Throws RangeError for an empty delimiter and
   * for `skipLines` that is no whole number ≥ 0.
   */
  constructor(syntax: CsvSyntax, onRow: (fields: Fields) => void) {
    const { delimiter = ',', quote = '"', comment = '', skipLines = 0 } = syntax;
    if (delimiter === '') throw new RangeError("csv: delimiter must have at least one character; got ''");
    if (!Number.isSafeInteger(skipLines) || skipLines < 0) {
      throw new RangeError(`csv: skipLines must be a whole number of lines; got ${show(skipLines)}`);
    }
    this.#onRow = onRow;
    this.#fields = new Fields(quote);
    [this.#delimiter, this.#quote, this.#comment] = [Buffer.from(delimiter), Buffer.from(quote), Buffer.from(comment)];
    this.#stops = setOf(lineFeed, carriageReturn, this.#delimiter[0], this.#quote[0]);
    this.#quotedStops = setOf(lineFeed, carriageReturn, this.#quote[0]);
    this.#linesToSkip = skipLines;
  }

  /**
   * Takes the next bytes. Throws FormatError when they are not UTF-8, when a quote is misplaced, and when a row has
   * more or fewer fields than the first one.
   */
  push(part: Uint8Array): void {
    this.#pending.push(part.slice());
    this.#pendingBytes += part.length;
    // A long row is attempted again only when the bytes have doubled, so each byte is read a constant number of times.
    if (this.#pendingBytes < 2 * this.#attemptedBytes) return;
    this.#scan(false);
  }

  /** Ends the text. Throws as `push` does, and FormatError when a quote is not closed or there was no row. */
  end(): void {
    this.#scan(true);
    if (this.#width === undefined) throw new FormatError('csv: a text must have at least one row; got none');
  }

  #scan(isLast: boolean): void {
    const bytes = Buffer.concat(this.#pending);
    if (!this.#hasBegun && bytes.length < byteOrderMark.length && !isLast) return;
    this.#checkEncoding(bytes, isLast);
    let at = this.#hasBegun ? 0 : markLength(bytes);
    this.#hasBegun = true;
    this.#fields.bytes = bytes;
    while (at < bytes.length) {
      const next = this.#readLine(bytes, at, isLast);
      if ((next === incomplete ? bytes.length : next) - at > maxRowBytes) throw this.#tooLong();
      if (next === incomplete) break;
      at = next;
    }
    this.#pending = [bytes.subarray(at)];
    this.#pendingBytes = bytes.length - at;
    this.#attemptedBytes = this.#pendingBytes;
    this.#validTo -= at;
  }

  #checkEncoding(bytes: Buffer, isLast: boolean): void {
    const end = isLast ? bytes.length : endOfCharacters(bytes);
    if (!isUtf8(bytes.subarray(this.#validTo, end))) throw wrongEncoding('csv', 'utf-8');
    this.#validTo = Math.max(this.#validTo, end);
  }

  /** Reads the row that begins at `at`, or passes over a line that is none. Returns where the next line begins. */
  #readLine(bytes: Buffer, at: number, isLast: boolean): number {
    if (!isLast && bytes.length - at < this.#comment.length) return incomplete;
    const isRow = this.#linesToSkip === 0 && !isLineEnd(bytes, at) && !startsWith(bytes, at, this.#comment);
    if (isRow) return this.#readRow(bytes, at, isLast);
    let end = at;
    while (!isLineEnd(bytes, end)) end++;
    const next = afterLineEnd(bytes, end, isLast);
    if (next === incomplete) return incomplete;
    this.#line++;
    if (this.#linesToSkip > 0) this.#linesToSkip--;
    return next;
  }

  /** Reads the row that begins at `start` and hands it on. Returns where the next line begins. */
  #readRow(bytes: Buffer, start: number, isLast: boolean): number {
    const delimiter = this.#delimiter; // destructuring arrays in these functions would make reading 10 % slower
    const quote = this.#quote;
    this.#fields.count = 0;
    this.#fields.line = this.#line;
    this.#breaksInRow = 0;
    let at = start;
    for (;;) {
      const isQuoted = startsWith(bytes, at, quote);
      at = isQuoted ? this.#readQuoted(bytes, at + quote.length, isLast) : this.#readUnquoted(bytes, at, isLast);
      if (at === incomplete) return incomplete;
      if (isLineEnd(bytes, at)) break;
      at += delimiter.length;
    }
    const next = afterLineEnd(bytes, at, isLast);
    if (next !== incomplete) this.#emitRow();
    return next;
  }

  /** Adds the field that begins at `start` and has no quotes. Returns where its delimiter or line end is. */
  #readUnquoted(bytes: Buffer, start: number, isLast: boolean): number {
    const delimiter = this.#delimiter;
    const stops = this.#stops;
    let at = start;
    for (; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (stops[byte] === 0) continue;
      if (byte === lineFeed || byte === carriageReturn) break;
      if (!isLast && at + delimiter.length > bytes.length) return incomplete;
      if (startsWith(bytes, at, delimiter)) break;
      if (startsWith(bytes, at, this.#quote)) throw this.#misquoted();
    }
    this.#fields.add(start, at, false);
    return at;
  }

  /** Adds the quoted field whose content begins at `start`. Returns where its delimiter or line end is. */
  #readQuoted(bytes: Buffer, start: number, isLast: boolean): number {
    const delimiter = this.#delimiter;
    const quote = this.#quote;
    const stops = this.#quotedStops;
    const lookAhead = quote.length + Math.max(quote.length, delimiter.length);
    let isEscaped = false;
    let at = start;
    for (;;) {
      while (at < bytes.length && stops[bytes[at]!] === 0) at++;
      // What a quote or a carriage return means depends on the bytes after it.
      if (!isLast && at + lookAhead > bytes.length) return incomplete;
      if (at >= bytes.length) throw this.#unclosed();
      if (isLineEnd(bytes, at)) {
        this.#breaksInRow++;
        isEscaped ||= bytes[at] === carriageReturn;
        at = afterLineEnd(bytes, at, isLast);
      } else if (!startsWith(bytes, at, quote)) at++;
      else if (startsWith(bytes, at + quote.length, quote)) {
        isEscaped = true;
        at += 2 * quote.length;
      } else break;
    }
    const end = at + quote.length;
    if (!isLineEnd(bytes, end) && !startsWith(bytes, end, delimiter)) throw this.#misquoted();
    this.#fields.add(start, at, isEscaped);
    return end;
  }

  #emitRow(): void {
    const { count, line } = this.#fields;
    if (this.#width === undefined) [this.#width, this.#firstLine] = [count, line];
    if (count !== this.#width) {
      throw new FormatError(
        `csv: every row must have as many fields as line ${this.#firstLine}, which has ${this.#width}; ` +
          `got ${count} in line ${line}; the delimiter is ${show(this.#delimiter.toString())}; ` +
          'skipLines leaves out lines before the table',
      );
    }
    this.#onRow(this.#fields);
    this.#lastLine = line;
    this.#line = line + this.#breaksInRow + 1;
  }

  #unclosed(): FormatError {
    const row = this.#lastLine === undefined ? 'the first row' : `the row after line ${this.#lastLine}`;
    const quote = shortened(this.#quote);
    return new FormatError(`csv: a quoted field must be closed by ${quote}; got the end of the text in ${row}`);
  }

  #misquoted(): FormatError {
    const [line, column] = [this.#line + this.#breaksInRow, this.#fields.count];
    return new FormatError(
      `csv: ${shortened(this.#quote)} inside a field must be doubled and the field must be quoted; ` +
        `got one in line ${line}, column ${column} (columns count from 0); with quote: '' it is an ordinary character`,
    );
  }

  #tooLong(): FormatError {
    return new FormatError(
      `csv: a row must have at most ${maxRowBytes} bytes; got more from line ${this.#line} on; is a quote not closed?`,
    );
  }
}

function setOf(...bytes: readonly (number | undefined)[]): Uint8Array {
  const set = new Uint8Array(256);
  for (const byte of bytes) if (byte !== undefined) set[byte] = 1;
  return set;
}

function startsWith(bytes: Buffer, at: number, text: Buffer): boolean {
  if (bytes[at] !== text[0] || text.length === 0 || at + text.length > bytes.length) return false;
  for (let i = 1; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}

/** Whether a line break is at `at`, or the end of the bytes. */
function isLineEnd(bytes: Buffer, at: number): boolean {
  return at >= bytes.length || bytes[at] === lineFeed || bytes[at] === carriageReturn;
}

/** Where the line after the line end at `at` begins. `incomplete` while more bytes may change that. */
function afterLineEnd(bytes: Buffer, at: number, isLast: boolean): number {
  if (at >= bytes.length) return isLast ? bytes.length : incomplete;
  if (bytes[at] === lineFeed) return at + 1;
  if (at + 1 >= bytes.length) return isLast ? at + 1 : incomplete;
  return bytes[at + 1] === lineFeed ? at + 2 : at + 1;
}

function markLength(bytes: Buffer): number {
  return startsWith(bytes, 0, byteOrderMark) ? byteOrderMark.length : 0;
}

/** The end of the last complete character. */
function endOfCharacters(bytes: Buffer): number {
  for (let at = bytes.length - 1; at >= Math.max(0, bytes.length - 3); at--) {
    const byte = bytes[at]!;
    if (byte < 0x80) return bytes.length;
    if (byte < 0xc0) continue;
    const length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return at + length > bytes.length ? at : bytes.length;
  }
  return bytes.length;
}

/** A quote for an error message, which must stay short. */
function shortened(quote: Buffer): string {
  return quote.subarray(0, 8).toString();
}
