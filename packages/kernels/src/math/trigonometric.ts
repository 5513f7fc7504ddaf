// sin, cos and tan for every finite float32: reduction to |r| ≤ π/4 and a quadrant, then minimax polynomials.

import { type Expr, type FunctionBuilder, f32x4, i32x4, type Local, reinterpret, v128 } from '@treadle/wasm';
import { reduceAngle } from './angle.ts';
import { polynomial } from './polynomial.ts';

/** sin r ≈ r − r·z·S(z), z = r², |r| ≤ π/4; relative error 2^-27.9 (minimax). */
const sinCoefficients = [0.16666655242443085, -0.008332189172506332, 0.00019518275803420693];

/** cos r ≈ 1 − z/2 + z²·C(z); relative error 2^-33.0 (minimax). */
const cosCoefficients = [0.04166664555668831, -0.0013887309469282627, 2.4432327336398885e-5];

/** tan r ≈ r + r·z·T(z); relative error 2^-29.5 (minimax). */
const tanCoefficients = [
  0.33333349227905273, 0.13332675397396088, 0.054058920592069626, 0.0212861280888319, 0.010827751830220222,
  9.773940837476403e-5, 0.004372998606413603,
];

interface SineAndCosine {
  readonly sin: Local<'f32x4'>;
  readonly cos: Local<'f32x4'>;
}

/** sin(hi + lo) and cos(hi + lo) for |hi + lo| ≤ π/4. */
export function sineAndCosine(f: FunctionBuilder, hi: Local<'f32x4'>, lo?: Local<'f32x4'>): SineAndCosine {
  const z = f.let(f32x4.mul(hi, hi));
  const cubic = f32x4.mul(hi, f32x4.mul(z, polynomial(z, sinCoefficients)));
  const sin = f32x4.sub(hi, lo ? f32x4.sub(cubic, lo) : cubic);
  const fourth = f32x4.mul(f32x4.mul(z, z), polynomial(z, cosCoefficients));
  const small = lo ? f32x4.sub(fourth, f32x4.mul(hi, lo)) : fourth; // cos(hi + lo) ≈ cos hi − hi·lo
  const cos = f32x4.sub(f32x4.const(1), f32x4.sub(f32x4.mul(z, 0.5), small));
  return { sin: f.let(sin), cos: f.let(cos) };
}

/** The sine in the even quadrants and the cosine in the odd ones, negated in the third and fourth. */
export function inQuadrant(f: FunctionBuilder, { sin, cos }: SineAndCosine, quadrant: Expr<'i32x4'>): Expr<'f32x4'> {
  const n = f.let(quadrant);
  const value = v128.bitselect(cos, sin, isOdd(n));
  const sign = i32x4.shl(v128.and(n, i32x4.const(2)), 30);
  return v128.xor(value, reinterpret('f32x4', sign));
}

function isOdd(n: Local<'i32x4'>): Expr<'i32x4'> {
  return i32x4.shr_s(i32x4.shl(n, 31), 31);
}

/** `value`, with the sign of x where x is ±0. */
function keepZero(x: Local<'f32x4'>, value: Expr<'f32x4'>): Expr<'f32x4'> {
  return v128.or(value, v128.and(x, reinterpret('f32x4', f32x4.eq(x, 0))));
}

/** sin x, x in radians; NaN for ±∞; largest error 1.02 ulp. */
export function sin(f: FunctionBuilder, x: Expr<'f32x4'>): Expr<'f32x4'> {
  const given = f.let(x);
  const { hi, lo, quadrant } = reduceAngle(f, given);
  return keepZero(given, inQuadrant(f, sineAndCosine(f, hi, lo), quadrant));
}

/** cos x, x in radians; NaN for ±∞; largest error 1.02 ulp. */
export function cos(f: FunctionBuilder, x: Expr<'f32x4'>): Expr<'f32x4'> {
  const { hi, lo, quadrant } = reduceAngle(f, f.let(x));
  return inQuadrant(f, sineAndCosine(f, hi, lo), i32x4.add(quadrant, 1));
}

/** tan x, x in radians: tan r, or −1 / tan r in the odd quadrants; NaN for ±∞; largest error 1.74 ulp. */
export function tan(f: FunctionBuilder, x: Expr<'f32x4'>): Expr<'f32x4'> {
  const given = f.let(x);
  const { hi, lo, quadrant } = reduceAngle(f, given);
  const z = f.let(f32x4.mul(hi, hi));
  const cubic = f32x4.mul(hi, f32x4.mul(z, polynomial(z, tanCoefficients)));
  const tangent = f.let(f32x4.add(hi, f32x4.add(cubic, f32x4.add(lo, f32x4.mul(lo, z))))); // tan′ = 1 + tan² ≈ 1 + z
  const cotangent = f32x4.div(f32x4.const(-1), tangent);
  return keepZero(given, v128.bitselect(cotangent, tangent, isOdd(quadrant)));
}
