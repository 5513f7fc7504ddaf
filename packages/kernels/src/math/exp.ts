// eˣ, and eˣ − 1 without cancellation. Results overflow to ∞ only where they must, and small results are denormal, not zero.

import { type Expr, type FunctionBuilder, f32x4, i32x4, reinterpret, v128 } from '@treadle/wasm';
import { exponential, scale } from './exponential.ts';

/** eˣ; largest error 1.01 ulp. */
export function exp(f: FunctionBuilder, x: Expr<'f32x4'>): Expr<'f32x4'> {
  // e⁸⁹ is past the largest float32, e⁻¹⁰⁵ below half the smallest. pmin and pmax pass a NaN in their first operand.
  const parts = exponential(f, f.let(f32x4.pmax(f32x4.pmin(x, 89), -105)));
  return scale(f, f32x4.add(parts.q, 1), parts);
}

/** eˣ − 1 = 2ⁿ·(q + (1 − 2⁻ⁿ)); largest error 1.67 ulp. */
export function expm1(f: FunctionBuilder, x: Expr<'f32x4'>): Expr<'f32x4'> {
  const parts = exponential(f, f.let(f32x4.pmax(f32x4.pmin(x, 89), -25))); // e⁻²⁵ − 1 rounds to −1
  // Bits of 2⁻ⁿ: 127 − n = (magic + 127) − shifted; from n = 127 on, 0 in its place.
  const exponent = i32x4.sub(i32x4.const(0x4b400000 + 254), reinterpret('i32x4', parts.shifted));
  const inverse = reinterpret('f32x4', i32x4.shl(i32x4.max_s(exponent, 0), 23));
  const value = scale(f, f32x4.add(parts.q, f32x4.sub(f32x4.const(1), inverse)), parts);
  return v128.or(value, v128.and(x, f32x4.const(-0))); // the sign is that of x, zero included
}
