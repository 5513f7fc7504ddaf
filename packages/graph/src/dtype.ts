// The dtypes: one row of the table says everything about one of them, and nothing else in the project lists them. A dtype is
// how elements are stored. Ops compute with float32 or int32 lanes, or with masks: the dtypes of fewer bytes are widened when
// they are read and narrowed when they are written, and arithmetic on them gives int32 or float32.

import { bytesOf, float16, type Lane, mask8, type Narrow, uint8 } from '@treadle/kernels';
import { type Expr, type FunctionBuilder, i32x4, reinterpret, v128 } from '@treadle/wasm';

import { type Shape, sizeOf } from './shape.ts';

/** How the elements of a tensor are stored: bool and uint8 in one byte, float16 in two, int32 and float32 in four. */
export type Dtype = 'bool' | 'uint8' | 'int32' | 'float16' | 'float32';

/** What lanes hold: floats, whole numbers, or masks, whose bits are all 0 or all 1. */
export type LaneKind = 'float' | 'int' | 'mask';

/** Stored elements in an array of their own. */
export type StoredArray =
  | Float32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

/** Everything that there is to say about a dtype. */
export interface DtypeRow {
  readonly kind: LaneKind;
  /** the format of elements of fewer than 4 bytes; undefined for words */
  readonly narrow: Narrow | undefined;
  /** the view of the shared memory that shows its elements */
  readonly view: 'f32' | 'i32' | 'u16' | 'u8';
  /** an array of so many stored elements, all 0 */
  newArray(length: number): StoredArray;
  /** the other dtypes whose values it can stand for: mixed operands have the dtype that holds both */
  readonly holds: readonly Dtype[];
  /** the least and the greatest whole number; undefined where any number can be stored */
  readonly range: readonly [least: number, greatest: number] | undefined;
  /** how numbers are written in stored elements, where the array does not hold the numbers themselves; bool is 0 or 1 */
  readonly code: { store(x: number): number; load(stored: number): number } | undefined;
  /** In a cast: lanes of its kind → values that it has; `from` is the kind that they were converted from. Undefined: they are. */
  readonly fit?: (f: FunctionBuilder, values: Expr<Lane>, from: LaneKind) => Expr<Lane>;
}

export const dtypes: Readonly<Record<Dtype, DtypeRow>> = {
  bool: {
    kind: 'mask',
    narrow: mask8,
    view: 'u8',
    newArray: (length) => new Uint8Array(length),
    holds: [],
    range: undefined,
    code: { store: (x) => (x === 0 ? 0 : 1), load: (x) => x }, // NaN is true
  },
  uint8: {
    kind: 'int',
    narrow: uint8,
    view: 'u8',
    newArray: (length) => new Uint8Array(length),
    holds: ['bool'],
    range: [0, 255],
    code: undefined,
    // int32 wraps around, as in NumPy; floats are clamped, for which NumPy and C leave the result open
    fit: (_, values, from) => {
      const ints = reinterpret('i32x4', values);
      return from === 'float' ? i32x4.min_s(i32x4.max_s(ints, 0), 255) : v128.and(ints, i32x4.const(255));
    },
  },
  int32: {
    kind: 'int',
    narrow: undefined,
    view: 'i32',
    newArray: (length) => new Int32Array(length),
    holds: ['bool', 'uint8'],
    range: [-(2 ** 31), 2 ** 31 - 1],
    code: undefined,
  },
  float16: {
    kind: 'float',
    narrow: float16,
    view: 'u16',
    newArray: (length) => new Uint16Array(length),
    holds: ['bool', 'uint8'],
    range: undefined,
    code: { store: float16Bits, load: float16Value },
    fit: (f, values) => float16.widen(f, float16.narrow(f, values)),
  },
  float32: {
    kind: 'float',
    narrow: undefined,
    view: 'f32',
    newArray: (length) => new Float32Array(length),
    holds: ['bool', 'uint8', 'int32', 'float16'],
    range: undefined,
    code: undefined,
  },
};

/** The names of the dtypes, for errors: `bool, uint8, … or float32`. */
export const dtypeNames: string = Object.keys(dtypes)
  .join(', ')
  .replace(/, (?=[^,]*$)/, ' or ');

export function isDtype(name: unknown): name is Dtype {
  return typeof name === 'string' && Object.hasOwn(dtypes, name);
}

/** The dtype that holds the values of both: int32 and float16 become float32. */
export function promote(a: Dtype, b: Dtype): Dtype {
  if (a === b || dtypes[a].holds.includes(b)) return a;
  return dtypes[b].holds.includes(a) ? b : 'float32';
}

export function isFloat(dtype: Dtype): boolean {
  return dtypes[dtype].kind === 'float';
}

/** The dtype that arithmetic on this one gives. */
export function arithmeticOf(dtype: Dtype): 'int32' | 'float32' {
  return isFloat(dtype) ? 'float32' : 'int32';
}

/** The lanes that elements are read as. */
export function laneOf(dtype: Dtype): Lane {
  return isFloat(dtype) ? 'f32x4' : 'i32x4';
}

/** Bytes of all elements of a shape. */
export function byteLength(dtype: Dtype, shape: Shape): number {
  return bytesOf(dtypes[dtype].narrow) * sizeOf(shape);
}

/** The number that an element becomes which is made from x: for float16 the nearest one, for bool 0 or 1. */
export function rounded(dtype: Dtype, x: number): number {
  const { code } = dtypes[dtype];
  return code ? code.load(code.store(x)) : x;
}

/** A float16 as a number, exactly. */
function float16Value(bits: number): number {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const sign = bits >= 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** The bits of the float16 nearest to a number, ties to the even one. */
function float16Bits(x: number): number {
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0;
  const size = Math.abs(x);
  if (Number.isNaN(x)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00; // halfway from the greatest float16 to 2^16
  // the exponent of the unit in the last place; those of subnormals and of the least normals are the same
  const exponent = Math.max(-24, Math.floor(Math.log2(size || 2 ** -24)) - 10);
  const units = roundToEven(size / 2 ** exponent);
  // a carry into the exponent comes out right: 2048 units of 2ᵉ are 1024 units of 2ᵉ⁺¹
  return sign | (units + 1024 * (exponent + 24));
}

/** Of a number below 2^52. */
function roundToEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
