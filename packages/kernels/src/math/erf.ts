// The error function: an odd polynomial near 0, elsewhere 1 − e^P(|x|) with the sign of x, where P approximates log(erfc).
// Every lane computes both and selects one.

import { type Expr, type FunctionBuilder, f32x4, type Local, v128 } from '@treadle/wasm';
import { exponential, scaleNormal } from './exponential.ts';
import { polynomial } from './polynomial.ts';

const border = 0.9;

/** erf x ≈ x + x·P(x²) for |x| ≤ 0.9; relative error 2^-26.0 (minimax). */
const nearCoefficients = [
  0.12837915122509003, -0.3761250376701355, 0.11281921714544296, -0.026770493015646935, 0.004998959135264158,
  -0.0006020799628458917,
];

/** log(erfc a) on [0.9, 3.95]; 1 − e^P has a relative error of 2^-29.1 (minimax). */
const farCoefficients = [
  -0.00016645024879835546, -1.127797245979309, -0.6369760632514954, -0.10411369800567627, 0.022315217182040215,
  -0.003065488301217556, 0.00019821888417936862,
];

/** erf x − x for |x| ≤ 0.9. */
export function nearErf(f: FunctionBuilder, x: Local<'f32x4'>): Expr<'f32x4'> {
  const z = f.let(f32x4.mul(x, x));
  return f32x4.mul(x, polynomial(z, nearCoefficients));
}

/** erf x; largest error 1.30 ulp. */
export function erf(f: FunctionBuilder, x: Expr<'f32x4'>): Expr<'f32x4'> {
  const given = f.let(x);
  const near = f32x4.add(given, nearErf(f, given));
  const magnitude = f.let(f32x4.pmin(f32x4.abs(given), 3.95)); // erf 3.95 rounds to 1
  const parts = exponential(f, f.let(polynomial(magnitude, farCoefficients)));
  const far = f32x4.sub(f32x4.const(1), scaleNormal(f32x4.add(parts.q, 1), parts));
  const value = v128.bitselect(near, far, f32x4.lt(magnitude, border));
  return v128.or(value, v128.and(given, f32x4.const(-0))); // the sign is that of x, zero included
}
