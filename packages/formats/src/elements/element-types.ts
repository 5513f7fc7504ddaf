// The types of elements that files have, and what they become here: one row for each. A type whose bytes are those that its dtype
// stores needs no conversion. Floats of 8 bytes are rounded to the nearest float32; whole numbers that int32 does not have do not fit.
// All elements are little-endian; `ElementReader` swaps the bytes of others first.

import type { Dtype, StoredArray } from '@treadle/tensor';

/** How elements are written in a file. */
export interface ElementType {
  readonly bytes: number;
  /** the dtype that they become */
  readonly dtype: Dtype;
  /** whether their bytes are already what the dtype stores */
  readonly isStored: boolean;
  /**
   * Converts the elements in `from`, whose address is a multiple of 8, to elements of `to` from `first` on. Returns the index in `from`
   * of the first element that does not fit, −1 if all do.
   */
  convert(from: Uint8Array<ArrayBuffer>, to: StoredArray, first: number): number;
  /** one element of `from` as text, for errors */
  show(from: DataView, index: number): string;
}

type Convert = ElementType['convert'];

/** A kind of typed array whose numbers all fit the dtype. */
interface Kind {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, byteOffset: number, length: number): ArrayLike<number>;
}

/** The elements of a file that begin at a multiple of their size, as numbers. */
function viewOf(kind: Kind, { buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): ArrayLike<number> {
  return new kind(buffer, byteOffset, byteLength / kind.BYTES_PER_ELEMENT);
}

const setAll =
  (kind: Kind): Convert =>
  (from, to, first) => {
    to.set(viewOf(kind, from), first);
    return -1;
  };

/** Elements that become other numbers, each of which fits. */
const mapAll =
  (kind: Kind, toNumber: (bits: number) => number): Convert =>
  (from, to, first) => {
    const view = viewOf(kind, from);
    for (let i = 0; i < view.length; i++) to[first + i] = toNumber(view[i] ?? 0);
    return -1;
  };

/** Elements as they are, but for those that `fits` refuses. */
const setChecked =
  (kind: Kind, fits: (x: number, stored: number) => boolean): Convert =>
  (from, to, first) => {
    const view = viewOf(kind, from);
    to.set(view, first);
    for (let i = 0; i < view.length; i++) if (!fits(view[i] ?? 0, to[first + i] ?? 0)) return i;
    return -1;
  };

/** Whole numbers of 8 bytes as two int32, of which the first is the number if the second one is what `high` says; NaN for none. */
const setLow =
  (high: (low: number) => number): Convert =>
  (from, to, first) => {
    const words = viewOf(Int32Array, from);
    for (let i = 0; 2 * i < words.length; i++) {
      const low = words[2 * i] ?? 0;
      if (words[2 * i + 1] !== high(low)) return i;
      to[first + i] = low;
    }
    return -1;
  };

/** bfloat16 is the upper half of a float32, so every bit is kept. */
const upperHalves: Convert = (from, to, first) => {
  const words = new Uint32Array(to.buffer, to.byteOffset, to.length);
  const halves = viewOf(Uint16Array, from);
  for (let i = 0; i < halves.length; i++) words[first + i] = (halves[i] ?? 0) << 16;
  return -1;
};

/** A float of 8 bits: sign, exponent bits, fraction bits. `special` says what the greatest exponent means, where it is special. */
function float8(exponentBits: number, bias: number, special: (fraction: number) => number | undefined): number[] {
  const fractionBits = 7 - exponentBits;
  return Array.from({ length: 256 }, (_, bits) => {
    const exponent = (bits & 127) >> fractionBits;
    const fraction = bits & (2 ** fractionBits - 1);
    const known = exponent === 2 ** exponentBits - 1 ? special(fraction) : undefined;
    const [leading, power] = exponent === 0 ? [0, 1] : [1, exponent];
    const size = known ?? (leading + fraction / 2 ** fractionBits) * 2 ** (power - bias);
    return bits > 127 ? -size : size;
  });
}

const byteKind = (table: readonly number[]): Convert => mapAll(Uint8Array, (bits) => table[bits] ?? Number.NaN);

/** "fn": no infinities; NaN where all bits but the sign are set */
const e4m3 = float8(4, 7, (fraction) => (fraction === 7 ? Number.NaN : undefined));
const e5m2 = float8(5, 15, (fraction) => (fraction === 0 ? Number.POSITIVE_INFINITY : Number.NaN));
/** powers of two alone */
const e8m0 = Array.from({ length: 256 }, (_, bits) => (bits === 255 ? Number.NaN : 2 ** (bits - 127)));

function row(
  bytes: number,
  dtype: Dtype,
  convert: Convert,
  show: (from: DataView, byteOffset: number) => number | bigint,
  isStored = false,
): ElementType {
  return { bytes, dtype, isStored, convert, show: (from, i) => String(show(from, bytes * i)) };
}

const isKept = (x: number, stored: number): boolean => x === stored;
/** float64 is rounded. Only a finite number that becomes infinite does not fit. */
const staysFinite = (x: number, stored: number): boolean => Number.isFinite(stored) || !Number.isFinite(x);

/** The name of a type, as NumPy and ml_dtypes have it. Each dtype has a type of the same name. */
export type ElementName =
  | Dtype
  | 'int8'
  | 'uint16'
  | 'int16'
  | 'uint32'
  | 'uint64'
  | 'int64'
  | 'float8_e4m3'
  | 'float8_e5m2'
  | 'float8_e8m0'
  | 'bfloat16'
  | 'float64';

export const elementTypes: Readonly<Record<ElementName, ElementType>> = {
  bool: row(
    1,
    'bool',
    mapAll(Uint8Array, (x) => (x === 0 ? 0 : 1)),
    (v, at) => v.getUint8(at),
  ),
  uint8: row(1, 'uint8', setAll(Uint8Array), (v, at) => v.getUint8(at), true),
  int8: row(1, 'int32', setAll(Int8Array), (v, at) => v.getInt8(at)),
  uint16: row(2, 'int32', setAll(Uint16Array), (v, at) => v.getUint16(at, true)),
  int16: row(2, 'int32', setAll(Int16Array), (v, at) => v.getInt16(at, true)),
  uint32: row(4, 'int32', setChecked(Uint32Array, isKept), (v, at) => v.getUint32(at, true)),
  int32: row(4, 'int32', setAll(Int32Array), (v, at) => v.getInt32(at, true), true),
  uint64: row(
    8,
    'int32',
    setLow((low) => (low < 0 ? Number.NaN : 0)),
    (v, at) => v.getBigUint64(at, true),
  ),
  int64: row(
    8,
    'int32',
    setLow((low) => low >> 31),
    (v, at) => v.getBigInt64(at, true),
  ),
  float8_e4m3: row(1, 'float32', byteKind(e4m3), (v, at) => v.getUint8(at)),
  float8_e5m2: row(1, 'float32', byteKind(e5m2), (v, at) => v.getUint8(at)),
  float8_e8m0: row(1, 'float32', byteKind(e8m0), (v, at) => v.getUint8(at)),
  float16: row(2, 'float16', setAll(Uint16Array), (v, at) => v.getUint16(at, true), true),
  bfloat16: row(2, 'float32', upperHalves, (v, at) => v.getUint16(at, true)),
  float32: row(4, 'float32', setAll(Float32Array), (v, at) => v.getFloat32(at, true), true),
  float64: row(8, 'float32', setChecked(Float64Array, staysFinite), (v, at) => v.getFloat64(at, true)),
};
