// The core of log and log1p: x = 2ᵉ·(1 + s) with √½ ≤ 1 + s < √2 taken from the bits of x, then
// log x = e·ln 2 + s − s²/2 + s³·P(s), summed from the small terms to the large. Straight-line float32 code.

import { type Expr, type FunctionBuilder, f32x4, i32x4, type Local, reinterpret, v128 } from '@treadle/wasm';
import { polynomial } from './polynomial.ts';

/** ln 2 = hi + lo + 5.5e-14; hi has 15 bits, so e·hi is exact */
const ln2hi = 0.693145751953125;
const ln2lo = 1.428606765330187e-6;

/** (log(1 + s) − s + s²/2) / s³ on [√½ − 1, √2 − 1]; relative error of the logarithm 2^-27.0 (minimax). */
const coefficients = [
  0.3333333134651184, -0.250008225440979, 0.20001228153705597, -0.1662333607673645, 0.1420171856880188,
  -0.13160361349582672, 0.12761960923671722, -0.07634490728378296,
];

const sqrtHalfBits = 0x3f3504f3;

/** x = 2^exponent·mantissa, √½ ≤ mantissa < √2; for x positive and normal; other x give some finite mantissa. */
export function split(
  f: FunctionBuilder,
  x: Expr<'f32x4'>,
): { readonly mantissa: Expr<'f32x4'>; readonly exponent: Local<'i32x4'> } {
  const bits = f.let(reinterpret('i32x4', x));
  const exponent = f.let(i32x4.shr_s(i32x4.sub(bits, sqrtHalfBits), 23));
  return { mantissa: reinterpret('f32x4', i32x4.sub(bits, i32x4.shl(exponent, 23))), exponent };
}

/** e·ln 2 + log(1 + s), s in [√½ − 1, √2 − 1]. */
export function logarithm(f: FunctionBuilder, e: Local<'f32x4'>, s: Local<'f32x4'>): Expr<'f32x4'> {
  const square = f.let(f32x4.mul(s, s));
  const cubic = f32x4.mul(f32x4.mul(square, s), polynomial(s, coefficients));
  const small = f32x4.sub(f32x4.add(cubic, f32x4.mul(e, ln2lo)), f32x4.mul(square, 0.5));
  return f32x4.add(f32x4.add(small, s), f32x4.mul(e, ln2hi));
}

/** `value` with the special cases: −∞ where x is the pole, NaN below it, x where x is +∞ or NaN. */
export function withPole(x: Local<'f32x4'>, pole: number, value: Expr<'f32x4'>): Expr<'f32x4'> {
  const atPole = v128.and(f32x4.const(-Infinity), reinterpret('f32x4', f32x4.eq(x, pole)));
  const below = reinterpret('f32x4', f32x4.lt(x, pole)); // all ones is a NaN
  return v128.bitselect(v128.or(f32x4.add(value, atPole), below), x, f32x4.lt(x, Infinity));
}
