// The fields of one row of a CSV table, as positions in a buffer of UTF-8 bytes. A field is converted to a string or a
// number only when it is asked for. One object is reused for all rows, so a reader must not keep it. Knows no
// delimiters: `CsvScanner` finds the positions.

import { Buffer } from '#files';

/** 10⁰ … 10²², the powers of ten that float64 holds exactly. */
const powersOfTen = Array.from({ length: 23 }, (_, i) => 10 ** i);
/** Every whole number with at most this many decimal digits is exact in float64. */
const exactDigits = 15;

const [tab, space, plus, minus, dot, zero, nine, e, upperE] = [9, 32, 43, 45, 46, 48, 57, 101, 69];

export class Fields {
  bytes: Buffer = Buffer.alloc(0);
  /** The line on which the row begins, counted from 1. */
  line = 0;
  /** The number of fields. */
  count = 0;
  /** Field i is bytes[starts[i] … ends[i]), without the quotes around it. */
  starts: Int32Array<ArrayBuffer> = new Int32Array(16);
  ends: Int32Array<ArrayBuffer> = new Int32Array(16);
  /** 1 for a quoted field that contains doubled quotes or carriage returns. */
  escaped: Uint8Array<ArrayBuffer> = new Uint8Array(16);
  readonly #quote: string;

  /** `quote`: the text that is doubled in escaped fields. */
  constructor(quote = '') {
    this.#quote = quote;
  }

  /** Appends the field bytes[start … end). */
  add(start: number, end: number, isEscaped: boolean): void {
    if (this.count === this.starts.length) {
      this.starts = doubled(this.starts, new Int32Array(2 * this.count));
      this.ends = doubled(this.ends, new Int32Array(2 * this.count));
      this.escaped = doubled(this.escaped, new Uint8Array(2 * this.count));
    }
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.escaped[this.count++] = isEscaped ? 1 : 0;
  }

  /** A field as a string. Doubled quotes become single ones, and every line break becomes \n. */
  text(index: number): string {
    const text = this.bytes.toString('utf8', this.starts[index], this.ends[index]);
    if (this.escaped[index] === 0) return text;
    return text.replaceAll(this.#quote + this.#quote, this.#quote).replace(/\r\n?/g, '\n');
  }

  /**
   * A field as a decimal number, rounded once to float64. Blanks around the number are allowed. NaN for all other text,
   * which includes an empty field and prefixes such as 0x.
   */
  number(index: number): number {
    const value =
      this.escaped[index] === 0 ? exactNumber(this.bytes, this.starts[index]!, this.ends[index]!) : undefined;
    return value ?? numberOf(this.text(index));
  }
}

function doubled<A extends Int32Array | Uint8Array>(from: A, to: A): A {
  to.set(from);
  return to;
}

function numberOf(field: string): number {
  const value = Number(field);
  return (value === 0 && field.trim() === '') || /^\s*0[box]/i.test(field) ? Number.NaN : value;
}

/**
 * The number in bytes[start … end). Only numbers whose digits and whose power of ten are both exact in float64, so that
 * one operation rounds the result once (W. D. Clinger, "How to read floating point numbers accurately", 1990).
 * undefined for other numbers and for text that is no number.
 */
function exactNumber(bytes: Uint8Array, start: number, end: number): number | undefined {
  let at = start;
  let last = end;
  while (at < last && isBlank(bytes[at]!)) at++;
  while (last > at && isBlank(bytes[last - 1]!)) last--;
  const isNegative = bytes[at] === minus;
  if (at < last && (isNegative || bytes[at] === plus)) at++;
  let significand = 0;
  const integerStart = at;
  for (; at < last && isDigit(bytes[at]!); at++) significand = 10 * significand + (bytes[at]! - zero);
  let digits = at - integerStart;
  let exponent = 0;
  if (at < last && bytes[at] === dot) {
    const fractionStart = ++at;
    for (; at < last && isDigit(bytes[at]!); at++) significand = 10 * significand + (bytes[at]! - zero);
    exponent = fractionStart - at;
    digits -= exponent;
  }
  if (digits === 0 || digits > exactDigits) return undefined;
  if (at < last) exponent += writtenExponent(bytes, at, last);
  const power = powersOfTen[Math.abs(exponent)]; // undefined for NaN and for powers that are not exact
  if (power === undefined) return undefined;
  const value = exponent < 0 ? significand / power : significand * power;
  return isNegative ? -value : value;
}

function isBlank(byte: number): boolean {
  return byte === space || byte === tab;
}

function isDigit(byte: number): boolean {
  return byte >= zero && byte <= nine;
}

/** −3 for `e-3` in bytes[from … last). NaN for text that is no exponent, or has more than three digits. */
function writtenExponent(bytes: Uint8Array, from: number, last: number): number {
  if (bytes[from] !== e && bytes[from] !== upperE) return Number.NaN;
  let at = from + 1;
  const isNegative = bytes[at] === minus;
  if (isNegative || bytes[at] === plus) at++;
  if (at >= last || last - at > 3) return Number.NaN;
  let exponent = 0;
  for (; at < last; at++) {
    const byte = bytes[at]!;
    if (!isDigit(byte)) return Number.NaN;
    exponent = 10 * exponent + (byte - zero);
  }
  return isNegative ? -exponent : exponent;
}
