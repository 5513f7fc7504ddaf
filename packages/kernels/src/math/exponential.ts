// The core of every function that is made from eˣ: e^x = 2ⁿ·(1 + q), n whole, |x − n·ln 2| ≤ ln 2 / 2 (Cody–Waite reduction, then
// a minimax polynomial). The caller decides what to do with 2ⁿ and q: whether the result may be denormal or infinite, and whether
// to add 1. Straight-line float32 code without FMA; NaN gives NaN.

import { type Expr, type FunctionBuilder, f32x4, i32x4, type Local, reinterpret, v128 } from '@treadle/wasm';
import { polynomial } from './polynomial.ts';

/** ln 2 = hi + lo + 5.5e-14; hi has 15 bits, so n·hi is exact */
const ln2hi = 0.693145751953125;
const ln2lo = 1.428606765330187e-6;

/** Adding 1.5·2²³ rounds to a whole number and leaves it, here plus 127, in the low bits: 2ⁿ is then one shift away. */
const magic = 12582912 + 127;

/** e^r ≈ 1 + r + r²·P(r) for |r| ≤ ln 2 / 2; relative error of e^r 2^-28.2, of e^r − 1 2^-26.1. */
const coefficients = [
  0.4999999701976776, 0.16666539013385773, 0.04166775569319725, 0.008367118425667286, 0.0013835839927196503,
];

/** e^x = 2ⁿ·(1 + q). */
export interface Exponential {
  /** e^x·2⁻ⁿ − 1, between −0.30 and 0.42 */
  readonly q: Local<'f32x4'>;
  /** 1.5·2²³ + 127 + n: n is in the low bits */
  readonly shifted: Local<'f32x4'>;
}

/** e^x as 2ⁿ and q. The caller has clamped x to a part of [−105, 89]; x is evaluated twice. */
export function exponential(f: FunctionBuilder, x: Expr<'f32x4'>): Exponential {
  const { shifted, n } = wholeOf(f, x);
  const r = f.let(f32x4.sub(f32x4.sub(x, f32x4.mul(n, ln2hi)), f32x4.mul(n, ln2lo)));
  const q = f.let(f32x4.add(beyondLinear(r), r));
  return { q, shifted };
}

interface ExponentialOfSum extends Pick<Exponential, 'shifted'> {
  /** r + s = e^(x + rest)·2⁻ⁿ − 1, s the smaller */
  readonly r: Local<'f32x4'>;
  readonly s: Local<'f32x4'>;
}

/** The same for x + rest, |rest| small beside the last place of x, to slightly more than the precision of float32. */
export function exponentialOfSum(f: FunctionBuilder, x: Expr<'f32x4'>, rest: Expr<'f32x4'>): ExponentialOfSum {
  const { shifted, n } = wholeOf(f, x);
  const high = f.let(f32x4.sub(x, f32x4.mul(n, ln2hi))); // exact
  const low = f.let(f32x4.sub(rest, f32x4.mul(n, ln2lo)));
  const r = f.let(f32x4.add(high, low));
  const lost = f32x4.add(f32x4.sub(high, r), low);
  return { r, s: f.let(f32x4.add(beyondLinear(r), lost)), shifted };
}

function wholeOf(f: FunctionBuilder, x: Expr<'f32x4'>): { shifted: Local<'f32x4'>; n: Local<'f32x4'> } {
  const shifted = f.let(f32x4.add(f32x4.mul(x, Math.LOG2E), magic));
  return { shifted, n: f.let(f32x4.sub(shifted, magic)) };
}

/** e^r − 1 − r */
function beyondLinear(r: Local<'f32x4'>): Expr<'f32x4'> {
  return f32x4.mul(f32x4.mul(r, r), polynomial(r, coefficients));
}

/** v·2ⁿ for −126 ≤ n ≤ 127. */
export function scaleNormal(v: Expr<'f32x4'>, { shifted }: Pick<Exponential, 'shifted'>): Expr<'f32x4'> {
  return f32x4.mul(v, reinterpret('f32x4', i32x4.shl(reinterpret('i32x4', shifted), 23)));
}

/** v·2ⁿ for every n of `exponential`, rounded once where it is denormal, ±∞ where it is too large: v·2^⌊n/2⌋·2^⌈n/2⌉. */
export function scale(f: FunctionBuilder, v: Expr<'f32x4'>, { shifted }: Pick<Exponential, 'shifted'>): Expr<'f32x4'> {
  const sum = f.let(i32x4.add(reinterpret('i32x4', shifted), 127)); // … + 254 + n: both halves take a bias of 127
  const half = f.let(i32x4.shr_s(sum, 1));
  const low = reinterpret('f32x4', i32x4.shl(half, 23));
  const high = reinterpret('f32x4', i32x4.shl(i32x4.sub(sum, half), 23));
  return f32x4.mul(f32x4.mul(v, low), high);
}

/** e^−|x|: in (0, 1], denormal results included. Largest error 1.01 ulp. */
export function expNegativeAbs(f: FunctionBuilder, x: Expr<'f32x4'>): Expr<'f32x4'> {
  const negative = v128.or(x, f32x4.const(-0));
  const parts = exponential(f, f.let(f32x4.pmax(negative, -105)));
  return scale(f, f32x4.add(parts.q, 1), parts);
}
