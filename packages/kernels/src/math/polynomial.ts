// Polynomials in lanes by Horner's rule: n products and n sums without contraction, so the bits are the same on every machine.
// Every coefficient becomes a vector constant. Knows nothing of where the coefficients come from.

import { type Expr, f32x4, f64x2 } from '@treadle/wasm';

/** c₀ + c₁x + c₂x² + …; x is evaluated once for each term, so it should be a local. At least one coefficient. */
export function polynomial(x: Expr<'f32x4'>, coefficients: readonly number[]): Expr<'f32x4'> {
  const [last = 0, ...rest] = coefficients.toReversed();
  return rest.reduce((sum, c) => f32x4.add(f32x4.mul(sum, x), c), f32x4.const(last));
}

/** The same in float64. */
export function polynomial64(x: Expr<'f64x2'>, coefficients: readonly number[]): Expr<'f64x2'> {
  const [last = 0, ...rest] = coefficients.toReversed();
  return rest.reduce((sum, c) => f64x2.add(f64x2.mul(sum, x), c), f64x2.const(last));
}
