// log x and log(1 + x), natural.

import { type Expr, type FunctionBuilder, f32x4, i32x4, reinterpret, v128 } from '@treadle/wasm';
import { logarithm, split, withPole } from './logarithm.ts';

/** log x; −∞ at ±0, NaN below; largest error 0.87 ulp. */
export function log(f: FunctionBuilder, x: Expr<'f32x4'>): Expr<'f32x4'> {
  const given = f.let(x);
  const denormal = f.let(f32x4.lt(given, 2 ** -126));
  const normal = v128.bitselect(f32x4.mul(given, 2 ** 23), given, denormal);
  const { mantissa, exponent } = split(f, normal);
  const shift = v128.and(f32x4.const(23), reinterpret('f32x4', denormal));
  const e = f.let(f32x4.sub(f32x4.convert_i32x4_s(exponent), shift));
  const s = f.let(f32x4.sub(mantissa, 1)); // exact
  return withPole(given, 0, logarithm(f, e, s));
}

/** log(1 + x), accurate near 0; −∞ at −1, NaN below; largest error 1.44 ulp. */
export function log1p(f: FunctionBuilder, x: Expr<'f32x4'>): Expr<'f32x4'> {
  const given = f.let(x);
  const large = f.let(f32x4.pmax(f32x4.const(1), given));
  const small = f.let(f32x4.pmin(f32x4.const(1), given));
  const u = f.let(f32x4.add(large, small));
  // 1 + x = u + c exactly (Dekker's fast two-sum), so log(1 + x) = e·ln 2 + log(u·2⁻ᵉ + c·2⁻ᵉ)
  const c = f32x4.sub(small, f32x4.sub(u, large));
  const { mantissa, exponent } = split(f, u);
  const bits = i32x4.max_s(i32x4.sub(i32x4.const(127), exponent), 0); // of 2⁻ᵉ; from e = 127 on, 0 in its place
  const inverse = reinterpret('f32x4', i32x4.shl(bits, 23));
  const s = f.let(f32x4.add(f32x4.sub(mantissa, 1), f32x4.mul(c, inverse)));
  const e = f.let(f32x4.convert_i32x4_s(exponent));
  const value = withPole(given, -1, logarithm(f, e, s));
  return v128.or(value, v128.and(given, f32x4.const(-0))); // the sign is that of x, zero included
}
