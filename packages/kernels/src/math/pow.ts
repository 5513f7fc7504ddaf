// xʸ = ± 2^(y·log₂|x|), computed in float64 two lanes at a time, because y multiplies the error of the logarithm. A relative error
// of about 2⁻³¹ remains, so nearly every result is the correctly rounded float32. Denormals and overflow come from the one
// rounding to float32 at the end.

import {
  type Expr,
  type FunctionBuilder,
  f32x4,
  f64x2,
  i8x16,
  i64x2,
  type Local,
  reinterpret,
  v128,
} from '@treadle/wasm';
import { polynomial64 } from './polynomial.ts';

/** (atanh s − s) / s³ in s², |s| ≤ (√2 − 1)/(√2 + 1); relative error of the logarithm 2^-37.6 (minimax). */
const logCoefficients = [0.33333332820648404, 0.20000168109430846, 0.1426861917610537, 0.11791784086309354];

/** (2^r − 1) / r for |r| ≤ ½; relative error of 2^r 2^-33.6 (minimax). */
const powerCoefficients = [
  0.6931471807046388, 0.2402265106714298, 0.055504103661451816, 0.009618038036679825, 0.001333393047084624,
  0.00015466586582688958, 1.5196629171112086e-5,
];

const one = 0x3ff0000000000000n;
const sqrtHalf = 0x3fe6a09e667f3bcdn;
/** float64 bits of 2⁵² + k are these plus k, for k < 2⁵² */
const twoTo52 = 0x4330000000000000n;

/** log₂ a for a > 0 finite; some finite number for a = 0. */
function log2(f: FunctionBuilder, a: Expr<'f64x2'>): Expr<'f64x2'> {
  const bits = f.let(reinterpret('i64x2', a));
  // a = 2^(biased − 1023)·m, √½ ≤ m < √2
  const biased = f.let(i64x2.shr_u(i64x2.add(bits, one - sqrtHalf), 52));
  const m = f.let(reinterpret('f64x2', i64x2.sub(bits, i64x2.shl(i64x2.sub(biased, 1023n), 52))));
  const exponent = f64x2.sub(reinterpret('f64x2', v128.or(biased, i64x2.const(twoTo52))), 2 ** 52 + 1023);
  // log m = 2 atanh((m − 1) / (m + 1))
  const s = f.let(f64x2.div(f64x2.sub(m, 1), f64x2.add(m, 1)));
  const z = f.let(f64x2.mul(s, s));
  const atanh = f64x2.add(s, f64x2.mul(s, f64x2.mul(z, polynomial64(z, logCoefficients))));
  return f64x2.add(exponent, f64x2.mul(atanh, 2 * Math.LOG2E));
}

/** 2ᵗ in float64, t clamped to ±200: past everything that float32 holds. */
function exp2(f: FunctionBuilder, t: Expr<'f64x2'>): Expr<'f64x2'> {
  const clamped = f.let(f64x2.pmax(f64x2.pmin(t, 200), -200)); // NaN in the first operand stays
  const magic = 1.5 * 2 ** 52 + 1023; // rounds to a whole number, left in the low bits plus the bias of an exponent
  const shifted = f.let(f64x2.add(clamped, magic));
  const r = f.let(f64x2.sub(clamped, f64x2.sub(shifted, magic)));
  const fraction = f64x2.add(f64x2.mul(r, polynomial64(r, powerCoefficients)), 1);
  return f64x2.mul(fraction, reinterpret('f64x2', i64x2.shl(reinterpret('i64x2', shifted), 52)));
}

/** 2^(y·(log₂ a + bias)) of the two low lanes. */
function half(f: FunctionBuilder, a: Expr<'f32x4'>, y: Expr<'f32x4'>, bias: Expr<'f32x4'>): Expr<'f32x4'> {
  const exponent = f64x2.add(log2(f, f64x2.promote_low_f32x4(a)), f64x2.promote_low_f32x4(bias));
  return f32x4.demote_f64x2_zero(exp2(f, f64x2.mul(f64x2.promote_low_f32x4(y), exponent)));
}

const upper = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15] as const;
const join = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23] as const;

/**
 * xʸ with the special cases of C and NumPy: those of Math.pow, but 1ʸ = 1 for every y, NaN too, and (−1)^±∞ = 1.
 * Largest error seen 0.51 ulp.
 */
export function pow(f: FunctionBuilder, x: Expr<'f32x4'>, y: Expr<'f32x4'>): Expr<'f32x4'> {
  const [base, power] = [f.let(x), f.let(y)];
  const a = f.let(f32x4.abs(base));
  // Added to log₂ a: −∞ where a = 0, a itself where a is ∞ or NaN.
  const atZero = v128.and(f32x4.const(-Infinity), reinterpret('f32x4', f32x4.eq(a, 0)));
  const bias = f.let(v128.bitselect(atZero, a, f32x4.lt(a, Infinity)));
  const raised = (v: Local<'f32x4'>): Expr<'f32x4'> => i8x16.shuffle(upper, v, v);
  const low = f.let(half(f, a, power, bias));
  const high = f.let(half(f, raised(a), raised(power), raised(bias)));
  const magnitude = i8x16.shuffle(join, low, high);
  return withSign(f, base, a, power, magnitude);
}

function withSign(
  f: FunctionBuilder,
  x: Local<'f32x4'>,
  a: Local<'f32x4'>,
  y: Local<'f32x4'>,
  magnitude: Expr<'f32x4'>,
): Expr<'f32x4'> {
  const halfPower = f.let(f32x4.mul(y, 0.5));
  const whole = f.let(f32x4.eq(f32x4.nearest(y), y));
  const odd = v128.and(whole, f32x4.ne(f32x4.nearest(halfPower), halfPower));
  const signed = v128.or(magnitude, v128.and(f32x4.const(-0), v128.and(x, reinterpret('f32x4', odd))));
  // Negative finite x to a power that is not whole: all ones, which is a NaN.
  const negative = v128.and(f32x4.lt(x, 0), f32x4.lt(a, Infinity));
  const undefinedHere = reinterpret('f32x4', v128.andnot(negative, whole));
  // x⁰ = 1; 1ʸ = 1; (−1)^±∞ = 1
  const bothInfinite = v128.and(f32x4.eq(a, 1), f32x4.eq(f32x4.abs(y), Infinity));
  const isOne = v128.or(v128.or(f32x4.eq(y, 0), f32x4.eq(x, 1)), bothInfinite);
  return v128.bitselect(f32x4.const(1), v128.or(signed, undefinedHere), isOne);
}
