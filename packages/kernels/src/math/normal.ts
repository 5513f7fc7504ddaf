// Two normal numbers from two random words by the Box–Muller transform: √(−2 ln(1 − u))·cos 2πv and √(−2 ln(1 − u))·sin 2πv, where
// u and v are the 24 high bits of the words as numbers in [0, 1). The angle needs no reduction: its quadrant is two bits of v.

import { type Expr, type FunctionBuilder, f32x4, i32x4, type Local } from '@treadle/wasm';
import { logarithm, split } from './logarithm.ts';
import { inQuadrant, sineAndCosine } from './trigonometric.ts';

/** Two independent numbers of mean 0 and variance 1 in each lane, each within 4 ulp of the formula. */
export function normalPair(
  f: FunctionBuilder,
  [first, second]: readonly [Expr<'i32x4'>, Expr<'i32x4'>],
): readonly [Local<'f32x4'>, Local<'f32x4'>] {
  const count = i32x4.sub(i32x4.const(2 ** 24), i32x4.shr_u(first, 8));
  const { mantissa, exponent } = split(f, f.let(f32x4.mul(f32x4.convert_i32x4_s(count), 2 ** -24))); // 1 − u, exactly
  const e = f.let(f32x4.convert_i32x4_s(exponent));
  const radius = f.let(f32x4.sqrt(f32x4.mul(logarithm(f, e, f.let(f32x4.sub(mantissa, 1))), -2)));
  const v = f.let(i32x4.shr_u(second, 8));
  const quarter = f.let(i32x4.shr_u(i32x4.add(v, 2 ** 21), 22)); // the nearest
  const rest = i32x4.sub(v, i32x4.shl(quarter, 22));
  const parts = sineAndCosine(f, f.let(f32x4.mul(f32x4.convert_i32x4_s(rest), 2 * Math.PI * 2 ** -24)));
  return [
    f.let(f32x4.mul(radius, inQuadrant(f, parts, i32x4.add(quarter, 1)))),
    f.let(f32x4.mul(radius, inQuadrant(f, parts, quarter))),
  ];
}
