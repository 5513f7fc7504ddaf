// 1 − erf x to its last place: near 0 the difference itself; further out e^−x²·P(q) / x, q = (x − a) / (x + a), where P is the
// minimax polynomial of x·e^x²·erfc x (M. Shepherd, J. Laframboise, 1981); 2 minus that for negative x. Every lane computes all
// of them and selects one.

import { type Expr, type FunctionBuilder, f32x4, i32x4, type Local, reinterpret, v128 } from '@treadle/wasm';
import { nearErf } from './erf.ts';
import { exponentialOfSum, scale } from './exponential.ts';
import { polynomial } from './polynomial.ts';

const border = 0.78;

/** a, chosen so that P(0) is a float32 up to a relative error of 2^-31. */
const middle = 1.7066650390625;

/** P on [0.78, 10.1]; relative error below 2^-29 (minimax). */
const [atMiddle, ...coefficients] = [
  0.49622079743404546, 0.20054934719910314, -0.21495274145782808, 0.09246331790376941, 0.0011503037259859431,
  -0.012872391739384668, -0.0007709587850341246, 0.0023023483603986377, 0.0006233594568088261, -0.00044651756599640047,
  -8.274145946121908e-5,
] as const;

/** 1 − erf x; largest error 2.05 ulp. */
export function erfc(f: FunctionBuilder, x: Expr<'f32x4'>): Expr<'f32x4'> {
  const given = f.let(x);
  const magnitude = f.let(f32x4.pmin(f32x4.abs(given), 10.1)); // erfc 10.1 rounds to 0
  const far = f.let(tail(f, magnitude));
  const ofSign = v128.bitselect(f32x4.sub(f32x4.const(2), far), far, f32x4.lt(given, 0));
  const near = f32x4.sub(f32x4.sub(f32x4.const(1), given), nearErf(f, given));
  return v128.bitselect(near, ofSign, f32x4.lt(magnitude, border));
}

/** e^−x²·P / x for x from the border to 10.1. The rounding errors of the sums are kept and added in the last one. */
function tail(f: FunctionBuilder, x: Local<'f32x4'>): Expr<'f32x4'> {
  const { square, rest } = squareOf(f, x);
  const parts = exponentialOfSum(f, f.let(f32x4.neg(square)), f.let(f32x4.neg(rest)));
  const q = f.let(f32x4.div(f32x4.sub(x, middle), f32x4.add(x, middle)));
  const w = f.let(f32x4.mul(q, polynomial(q, coefficients)));
  const p = f.let(f32x4.add(w, atMiddle));
  const lost = f32x4.sub(w, f32x4.sub(p, atMiddle));
  const small = f32x4.add(f32x4.mul(p, parts.r), f32x4.add(f32x4.mul(p, parts.s), lost));
  return scale(f, f32x4.div(f32x4.add(p, small), x), parts);
}

/** x² = square + rest, exactly: all products of halves of 12 bits are exact (T. Dekker, 1971). */
function squareOf(f: FunctionBuilder, x: Local<'f32x4'>): { square: Local<'f32x4'>; rest: Expr<'f32x4'> } {
  const square = f.let(f32x4.mul(x, x));
  const high = f.let(v128.and(x, reinterpret('f32x4', i32x4.const(-4096))));
  const low = f.let(f32x4.sub(x, high));
  const most = f32x4.add(f32x4.sub(f32x4.mul(high, high), square), f32x4.mul(f32x4.mul(high, 2), low));
  return { square, rest: f32x4.add(most, f32x4.mul(low, low)) };
}
