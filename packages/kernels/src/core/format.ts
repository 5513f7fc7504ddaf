// How an element lies in memory, and how a vector register holds it. Four elements are one vector of 32-bit lanes. An element
// whose format is a lane type lies in memory as a word of 4 bytes, the bits of its lane. A narrow element takes 1 or 2 bytes:
// it is widened where four elements are read and narrowed where they are written. What kernels compute does not depend on it.

import { type Expr, type FunctionBuilder, f32x4, i32x4, type Local, reinterpret, v128 } from '@treadle/wasm';

/** The lanes of a vector: floats, or integers and masks. */
export type Lane = 'f32x4' | 'i32x4';

/** Elements that take fewer bytes in memory than a lane has. */
export interface Narrow {
  /** part of the keys of kernels: formats with the same name are the same */
  readonly name: string;
  readonly bytes: 1 | 2;
  /** what four elements are widened to */
  readonly lane: Lane;
  /** Four elements, each as its bits with zeros above them → their values. */
  widen(f: FunctionBuilder, bits: Expr<'i32x4'>): Expr<Lane>;
  /** Four values that the format holds → their bits, zeros above them. Changes no bits of what `widen` gave. */
  narrow(f: FunctionBuilder, values: Expr<Lane>): Expr<'i32x4'>;
}

/** A word of 4 bytes, known by its lane, or a narrow element. */
export type Format = Lane | Narrow;

/** Bytes that an element takes in memory; those of a word where no narrow format is given. */
export function bytesOf(format: Format | undefined): number {
  return typeof format === 'object' ? format.bytes : 4;
}

export function laneOf(format: Format): Lane {
  return typeof format === 'object' ? format.lane : format;
}

/** The same elements as their bits, for kernels that move them and never read them as numbers. */
export function asBits(narrow: Narrow | undefined): Narrow | undefined {
  return (
    narrow && { ...narrow, lane: 'i32x4', widen: (_, bits) => bits, narrow: (_, bits) => reinterpret('i32x4', bits) }
  );
}

/** Whole numbers from 0 to 255. */
export const uint8: Narrow = {
  name: 'uint8',
  bytes: 1,
  lane: 'i32x4',
  widen: (_, bits) => bits,
  narrow: (_, values) => reinterpret('i32x4', values),
};

/** Masks: a byte 0 or 1 for a lane of all zeros or all ones. */
export const mask8: Narrow = {
  name: 'mask8',
  bytes: 1,
  lane: 'i32x4',
  widen: (_, bits) => i32x4.neg(bits),
  narrow: (_, values) => i32x4.neg(reinterpret('i32x4', values)),
};

/** Exponent and fraction of a float16, without its sign. */
const magnitude16 = 0x7fff;
/** The bits of float16 infinity: what is not below is infinite or NaN. */
const infinity16 = 0x7c00;
/** What the exponent bias of float32 is more than that of float16, 127 − 15, in place of the exponent. */
const rebias = 112 << 23;
/** The bits of 2⁻¹⁴ as a float32, the least normal float16. */
const leastNormal = 113 << 23;
/** The bits of 2¹⁶ as a float32: finite float16 values are less, and all that is not rounds to infinity. */
const beyond16 = 143 << 23;

/**
 * IEEE 754 binary16: 1 sign bit, 5 bits of exponent, 10 of fraction. Widening is exact. Narrowing rounds to the nearest, ties to
 * even; NaN keeps the upper bits of its payload, so that every float16 comes back as it was.
 */
export const float16: Narrow = { name: 'float16', bytes: 2, lane: 'f32x4', widen: widenFloat16, narrow: narrowFloat16 };

/** After F. Giesen, half_to_float (public domain, 2012), without a subnormal operand: those are slow on some processors. */
function widenFloat16(f: FunctionBuilder, given: Expr<'i32x4'>): Expr<'f32x4'> {
  const bits = f.let(given);
  const magnitude = f.let(v128.and(bits, i32x4.const(magnitude16)));
  const isSpecial = i32x4.ge_s(magnitude, infinity16); // infinite or NaN: the exponent becomes 255
  const shifted = f.let(i32x4.add(i32x4.shl(magnitude, 13), i32x4.const(rebias)));
  const normal = i32x4.add(shifted, v128.and(isSpecial, i32x4.const(rebias)));
  // a subnormal is fraction · 2⁻²⁴ = 2⁻¹⁴·(1 + fraction · 2⁻¹⁰) − 2⁻¹⁴, which float32 computes exactly
  const above = i32x4.add(shifted, i32x4.const(1 << 23));
  const leastFloat = reinterpret('f32x4', i32x4.const(leastNormal));
  const subnormal = reinterpret('i32x4', f32x4.sub(reinterpret('f32x4', above), leastFloat));
  const value = v128.bitselect(subnormal, normal, i32x4.lt_s(magnitude, 0x0400));
  const sign = i32x4.shl(v128.and(bits, i32x4.const(0x8000)), 16);
  return f.let(reinterpret('f32x4', v128.or(value, sign)));
}

/** After F. Giesen, float_to_half_fast3_rtne (public domain, 2012). */
function narrowFloat16(f: FunctionBuilder, given: Expr<Lane>): Expr<'i32x4'> {
  const bits = f.let(reinterpret('i32x4', given));
  const magnitude = f.let(v128.and(bits, i32x4.const(0x7fffffff)));
  const isOdd = v128.and(i32x4.shr_u(magnitude, 13), i32x4.const(1));
  // half a unit of the last place less one, and one more where the last bit is odd: the carry rounds to nearest even
  const normal = i32x4.shr_u(i32x4.add(i32x4.sub(magnitude, i32x4.const(rebias - 0xfff)), isOdd), 13);
  // 0.5 has 2⁻²⁴, the unit of subnormals, as the unit of its last place: the sum rounds
  const half = i32x4.const(126 << 23);
  const sum = f32x4.add(reinterpret('f32x4', magnitude), reinterpret('f32x4', half));
  const subnormal = i32x4.sub(reinterpret('i32x4', sum), half);
  const finite = v128.bitselect(subnormal, normal, i32x4.lt_s(magnitude, leastNormal));
  const isSpecial = i32x4.ge_s(magnitude, beyond16);
  const sign = v128.and(i32x4.shr_u(bits, 16), i32x4.const(0x8000));
  return f.let(v128.or(v128.bitselect(specialFloat16(f, magnitude), finite, isSpecial), sign));
}

/** Infinity; a NaN for NaN, with its payload cut off, or 1 where nothing is left of it. */
function specialFloat16(f: FunctionBuilder, magnitude: Local<'i32x4'>): Expr<'i32x4'> {
  const isNan = i32x4.gt_s(magnitude, 255 << 23);
  const payload = f.let(v128.and(v128.and(i32x4.shr_u(magnitude, 13), i32x4.const(0x3ff)), isNan));
  const isEmpty = i32x4.eq(payload, 0);
  const least = v128.and(v128.and(isNan, isEmpty), i32x4.const(1));
  return v128.or(v128.or(payload, least), i32x4.const(infinity16));
}
