// mod: the remainder that has the sign of the divisor, as NumPy's and Python's. Computed in float64 and exact there; a float32
// result is that rounded once.

import { type Expr, type FunctionBuilder, f32x4, f64x2, i8x16, i32x4, i64x2, reinterpret, v128 } from '@treadle/wasm';
import type { LaneOp, Node } from '../../node.ts';
import { div, mul, neg } from './arithmetic.ts';
import { applyLane, laneOp, type NodeOrNumber, toCommonDtype } from './lane.ts';
import { floor } from './rounding.ts';

/** The lanes 2 and 3, moved to 0 and 1. */
function high<T extends 'f32x4' | 'i32x4'>(x: Expr<T>): Expr<T> {
  return i8x16.shuffle([8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15], x, x);
}

/** Of a float64, all but its last 27 bits: 26 digits, whose product with a float32, or with an int32 in its range, is exact. */
const leading = -(2n ** 27n);

/**
 * r begins as a and loses ⌊r/|b|⌋·|b| in portions whose products are exact, so that it always is a modulo b; each portion takes
 * 25 bits off the quotient, one is the rule. An infinite a, b = 0 and NaN give NaN.
 */
function remainder(f: FunctionBuilder, a: Expr<'f64x2'>, b: Expr<'f64x2'>): Expr<'f64x2'> {
  const infinity = Number.POSITIVE_INFINITY;
  const y = f.let(b);
  const size = f.let(f64x2.abs(y));
  const r = f.local('f64x2', a);
  const regular = f.let(v128.and(f64x2.lt(f64x2.abs(r), infinity), f64x2.gt(size, 0)));
  f.while(v128.any_true(v128.and(regular, f64x2.ge(f64x2.abs(r), size))), () => {
    const quotient = v128.and(f64x2.div(r, size), reinterpret('f64x2', i64x2.const(leading)));
    const next = f64x2.sub(r, f64x2.mul(f64x2.trunc(quotient), size));
    f.set(r, v128.bitselect(next, r, f64x2.lt(size, infinity)));
  });
  const wrong = f64x2.lt(f64x2.mul(r, y), 0);
  const mended = f.let(f64x2.add(r, v128.and(y, reinterpret('f64x2', wrong))));
  const zero = v128.and(y, f64x2.const(-0)); // a zero remainder takes the divisor's sign
  return v128.bitselect(v128.bitselect(zero, mended, f64x2.eq(mended, 0)), f64x2.const(Number.NaN), regular);
}

/** The remainders of four lanes: two at a time widened to float64, and narrowed again. */
function remainders<T extends 'f32x4' | 'i32x4'>(
  f: FunctionBuilder,
  [x, y]: readonly [Expr<T>, Expr<T>],
  widen: (low: Expr<T>) => Expr<'f64x2'>,
  narrow: (wide: Expr<'f64x2'>) => Expr<T>,
): Expr<T> {
  const a = f.let(x);
  const b = f.let(y);
  const low = remainder(f, widen(a), widen(b));
  const top = remainder(f, widen(high(a)), widen(high(b)));
  return i8x16.shuffle([0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23], narrow(low), narrow(top));
}

const forFloats = laneOp({
  name: 'mod',
  cost: 4,
  lane: (f, x) => remainders(f, [x.float(0), x.float(1)], f64x2.promote_low_f32x4, f32x4.demote_f64x2_zero),
  // a mod b = a − b·⌊a/b⌋, the floor being flat
  gradient: (dy, _, [a, b]) => [dy, a && b && neg(mul(dy, floor(div(a, b))))],
});

const forInts: LaneOp = {
  ...forFloats,
  key: 'mod int32',
  // NaN, from a modulo 0, gives 0
  lane: (f, x) => remainders(f, [x.int(0), x.int(1)], f64x2.convert_low_i32x4_s, i32x4.trunc_sat_f64x2_s_zero),
  gradient: () => [],
};

/** The remainder of a / b that has b's sign; a mod 0 is NaN, 0 for int32. */
export function mod(a: NodeOrNumber, b: NodeOrNumber): Node {
  const [x, y, dtype] = toCommonDtype(a, b);
  return applyLane(dtype === 'float32' ? forFloats : forInts, [x, y], dtype);
}
