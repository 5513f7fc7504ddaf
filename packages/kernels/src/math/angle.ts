// The reduction of an angle modulo π/2: x = n·π/2 + r, |r| ≤ π/4, r as an unevaluated sum hi + lo, for every finite float32.
// Up to `moderate` by Cody–Waite in three exact float32 products and one rounded one; above, one lane after the other, by
// Payne–Hanek in 64-bit integers, on a branch that is taken only where a lane needs it. The result of a lane depends on that
// lane alone. ±∞ and NaN give NaN.

import {
  type Expr,
  type FunctionBuilder,
  f32,
  f32x4,
  f64,
  i8x16,
  i32,
  i32x4,
  i64,
  type Local,
  reinterpret,
  select,
  v128,
} from '@treadle/wasm';
import { emitSlowPath } from '../elementwise/slow-path.ts';

/** An angle modulo π/2: hi + lo, and the number of quarter turns. */
export interface Angle {
  readonly hi: Local<'f32x4'>;
  readonly lo: Local<'f32x4'>;
  /** n; only n mod 4 has a meaning */
  readonly quadrant: Local<'i32x4'>;
}

/** Up to here n is a whole number of 12 bits. */
const moderate = 6432;

/** π/2 to 12 + 12 + 12 + 24 bits: multiples of 2⁻¹¹, 2⁻²³ and 2⁻³⁶, then the rest to within 2⁻⁶³. */
const halfPi = [1.57080078125, -4.410743713378906e-6, -4.371395334601402e-8, 2.5633440682570896e-12] as const;

/** 2/π, bits 1–256 after the point, behind 64 zeros. */
const twoOverPi = [0n, 0xa2f9836e4e441529n, 0xfc2757d1f534ddc0n, 0xdb6295993c439041n, 0xfe5163abdebbc561n] as const;

/** Adding 1.5·2²³ rounds to a whole number and leaves it in the low bits. */
const magic = 12582912;

/** x modulo π/2. */
export function reduceAngle(f: FunctionBuilder, x: Local<'f32x4'>): Angle {
  const shifted = f.let(f32x4.add(f32x4.mul(x, 2 / Math.PI), magic));
  const n = f.let(f32x4.sub(shifted, magic));
  const [c1, c2, c3, c4] = halfPi;
  const coarse = f.let(f32x4.sub(f32x4.sub(x, f32x4.mul(n, c1)), f32x4.mul(n, c2))); // exact
  const third = f.let(f32x4.mul(n, c3));
  const sum = f.let(f32x4.sub(coarse, third));
  // coarse − third = sum − lost exactly (fast two-sum)
  const lost = f32x4.sub(third, f32x4.sub(coarse, sum));
  const rest = f.let(f32x4.add(lost, f32x4.mul(n, c4)));
  const hi = f.let(f32x4.sub(sum, rest));
  const lo = f.let(f32x4.sub(f32x4.sub(sum, hi), rest));
  const quadrant = f.let(reinterpret('i32x4', shifted));
  const large = f.let(f32x4.gt(f32x4.abs(x), moderate));
  emitSlowPath(f, large, () => {
    const exact = payneHanek(f, x);
    f.set(hi, v128.bitselect(exact.hi, hi, large));
    f.set(lo, v128.bitselect(exact.lo, lo, large));
    f.set(quadrant, v128.bitselect(exact.quadrant, quadrant, large));
  });
  return { hi, lo, quadrant };
}

/** All lanes, by a loop that always works on lane 0 and rotates the vectors by one lane. */
function payneHanek(f: FunctionBuilder, x: Local<'f32x4'>): Angle {
  const byOneLane = [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3] as const;
  const source = f.local('f32x4', x);
  const [hi, lo, quadrant] = [f.local('f32x4'), f.local('f32x4'), f.local('i32x4')];
  const count = f.local('i32', 4);
  f.loop((again) => {
    const lane = payneHanekLane(f, f.let(i32x4.extract_lane(0, reinterpret('i32x4', source))));
    const rotated = <T extends 'f32x4' | 'i32x4'>(v: Expr<T>) => i8x16.shuffle(byOneLane, v, v);
    const put = (into: Local<'f32x4'>, value: Expr<'f32'>) =>
      f.set(into, rotated(f.let(f32x4.replace_lane(0, into, value))));
    put(hi, f32.demote_f64(lane.r));
    put(lo, f32.demote_f64(f64.sub(lane.r, f64.promote_f32(f32.demote_f64(lane.r)))));
    f.set(quadrant, rotated(f.let(i32x4.replace_lane(0, quadrant, lane.n))));
    f.set(source, rotated(source));
    f.increment(count, -1);
    f.brIf(again, count);
  });
  f.set(hi, f32x4.add(hi, f32x4.sub(x, x))); // NaN for ±∞ and NaN
  return { hi, lo, quadrant };
}

/**
 * x = M·2ᵉ with |M| < 2²⁴, so x·(2/π) mod 4 needs only the bits of 2/π from position e − 1 on: the first 96 of them give
 * it to within 2⁻⁶². For |x| > 2¹²; other bits give some number and do not trap.
 */
function payneHanekLane(
  f: FunctionBuilder,
  bits: Local<'i32'>,
): { readonly r: Local<'f64'>; readonly n: Local<'i32'> } {
  const mantissa = f.let(i64.extend_i32_u(i32.or(i32.and(bits, 0x7fffff), 0x800000)));
  const exponent = i32.and(i32.shr_u(bits, 23), 255);
  const position = f.let(i32.sub(exponent, 150 + 2 - 64)); // of the first bit needed in `twoOverPi`
  const word = f.let(i32.shr_u(position, 6)); // 0, 1 or 2
  const shift = f.let(i64.extend_i32_u(i32.and(position, 63)));
  const [p0, p1, p2, p3, p4] = twoOverPi;
  const pick = (a: bigint, b: bigint, c: bigint): Expr<'i64'> =>
    f.let(select(i64.const(a), select(i64.const(b), i64.const(c), i32.eq(word, 1)), i32.eqz(word)));
  const [a, b, c] = [pick(p0, p1, p2), pick(p1, p2, p3), pick(p2, p3, p4)];
  const shifted = (left: Expr<'i64'>, right: Expr<'i64'>): Expr<'i64'> =>
    i64.or(i64.shl(left, shift), i64.shr_u(i64.shr_u(right, 1n), i64.sub(63n, shift)));
  // x·(2/π)/4 mod 1 = M·(these bits) mod 1, in units of 2⁻⁶⁴
  const carried = i64.shr_u(i64.mul(mantissa, i64.shr_u(shifted(b, c), 32n)), 32n);
  const turns = f.let(i64.add(i64.mul(mantissa, shifted(a, b)), carried));
  const quarter = f.let(i64.shr_u(i64.add(turns, 1n << 61n), 62n)); // nearest whole number of quarters
  const fraction = f64.convert_i64_s(i64.sub(turns, i64.shl(quarter, 62n)));
  const r = f.let(f64.mul(fraction, (Math.PI / 2) * 2 ** -62));
  const n = f.let(i32.wrap_i64(quarter));
  const negative = f.let(i32.lt_s(bits, 0));
  f.set(r, select(f64.neg(r), r, negative));
  f.set(n, select(i32.sub(0, n), n, negative));
  return { r, n };
}
