// tanh x: an odd polynomial near 0, elsewhere 1 − 2 / (e^2|x| + 1) with the sign of x. Every lane computes both and selects one.

import { type Expr, type FunctionBuilder, f32x4, v128 } from '@treadle/wasm';
import { exponential, scaleNormal } from './exponential.ts';
import { polynomial } from './polynomial.ts';

const border = 0.55;

/** tanh x ≈ x + x·z·P(z), z = x², for |x| ≤ 0.55; relative error 2^-29.7 (minimax). */
const coefficients = [
  -0.33333316445350647, 0.13332544267177582, -0.0538475476205349, 0.02105071395635605, -0.0062428489327430725,
];

/** tanh x; largest error 1.47 ulp. */
export function tanh(f: FunctionBuilder, x: Expr<'f32x4'>): Expr<'f32x4'> {
  const given = f.let(x);
  const z = f.let(f32x4.mul(given, given));
  const near = f32x4.add(given, f32x4.mul(given, f32x4.mul(z, polynomial(z, coefficients))));
  const magnitude = f.let(f32x4.pmin(f32x4.abs(given), 10)); // tanh 10 rounds to 1
  const parts = exponential(f, f.let(f32x4.add(magnitude, magnitude)));
  const e = scaleNormal(f32x4.add(parts.q, 1), parts);
  const far = f32x4.sub(f32x4.const(1), f32x4.div(f32x4.const(2), f32x4.add(e, 1)));
  const value = v128.bitselect(near, far, f32x4.lt(magnitude, border));
  return v128.or(value, v128.and(given, f32x4.const(-0))); // the sign is that of x, zero included
}
