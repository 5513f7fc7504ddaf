// The fields of one row, as places in a buffer of UTF-8: they become text or a number only when somebody asks. One object
// serves all rows of a table in turn.

import { Buffer } from '../files/node-files.ts';

/** 10⁰ … 10²², the powers of ten that float64 holds exactly. */
const powersOfTen = Array.from({ length: 23 }, (_, i) => 10 ** i);
/** Whole numbers of so many digits are exact in float64, with room for one digit more. */
const exactDigits = 15;

const [tab, space, plus, minus, dot, zero, nine, e, upperE] = [9, 32, 43, 45, 46, 48, 57, 101, 69];

export class Fields {
  bytes: Buffer = Buffer.alloc(0);
  /** The line, counted from 1, at which the row begins. */
  line = 0;
  count = 0;
  /** Where a field begins, and where it ends, behind its last byte. */
  starts: Int32Array<ArrayBuffer> = new Int32Array(16);
  ends: Int32Array<ArrayBuffer> = new Int32Array(16);
  /** 1 for a field with doubled quotes or carriage returns in it. */
  escaped: Uint8Array<ArrayBuffer> = new Uint8Array(16);
  readonly #quote: string;

  /** `quote` is what stands doubled in escaped fields. */
  constructor(quote = '') {
    this.#quote = quote;
  }

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

  /** A field with \n for every line break and quotes that are not doubled. */
  text(index: number): string {
    const text = this.bytes.toString('utf8', this.starts[index], this.ends[index]);
    if (this.escaped[index] === 0) return text;
    return text.replaceAll(this.#quote + this.#quote, this.#quote).replace(/\r\n?/g, '\n');
  }

  /** A decimal number, blanks around it allowed, rounded once; NaN for anything else, an empty field and 0x10 among it. */
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
 * The number in bytes[start … end) where its digits and its power of ten are exact in float64, so that one operation rounds it
 * (W. D. Clinger, "How to read floating point numbers accurately", 1990); undefined for others, and for what is no number.
 */
function exactNumber(bytes: Uint8Array, start: number, end: number): number | undefined {
  let at = start;
  let last = end;
  while (at < last && (bytes[at] === space || bytes[at] === tab)) at++;
  while (last > at && (bytes[last - 1] === space || bytes[last - 1] === tab)) last--;
  const isNegative = bytes[at] === minus;
  if (at < last && (isNegative || bytes[at] === plus)) at++;
  let whole = 0;
  let digits = 0;
  let scale = 0;
  let isFraction = false;
  for (; at < last; at++) {
    const byte = bytes[at]!;
    if (byte >= zero && byte <= nine) {
      whole = 10 * whole + (byte - zero);
      digits++;
      if (isFraction) scale--;
    } else if (byte === dot && !isFraction) isFraction = true;
    else break;
  }
  if (digits === 0 || digits > exactDigits) return undefined;
  if (at < last) {
    const exponent = exponentOf(bytes, at, last);
    if (exponent === undefined) return undefined;
    scale += exponent;
  }
  const power = powersOfTen[Math.abs(scale)];
  if (power === undefined) return undefined;
  const value = scale < 0 ? whole / power : whole * power;
  return isNegative ? -value : value;
}

/** Of `e-3`; undefined for what is none, or has more than three digits. */
function exponentOf(bytes: Uint8Array, from: number, last: number): number | undefined {
  let at = from + 1;
  if (bytes[from] !== e && bytes[from] !== upperE) return undefined;
  const isNegative = bytes[at] === minus;
  if (isNegative || bytes[at] === plus) at++;
  if (at >= last || last - at > 3) return undefined;
  let exponent = 0;
  for (; at < last; at++) {
    const byte = bytes[at]!;
    if (byte < zero || byte > nine) return undefined;
    exponent = 10 * exponent + (byte - zero);
  }
  return isNegative ? -exponent : exponent;
}
