// The remainder that has the sign of the divisor, as NumPy's mod and Python's %: for floats and for integers. Computed in float64,
// where it is exact, two lanes at a time; a float32 result is rounded once.

import { type Expr, type FunctionBuilder, f32x4, f64x2, i8x16, i32x4, i64x2, reinterpret, v128 } from '@treadle/wasm';

/** The lanes 2 and 3, moved to 0 and 1. */
function upper<T extends 'f32x4' | 'i32x4'>(x: Expr<T>): Expr<T> {
  return i8x16.shuffle([8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15], x, x);
}

/** All bits of a float64 but the last 27: the product of the 26 digits that are left with a float32 or an int32 is exact. */
const leading = -(2n ** 27n);

/**
 * a mod b. r starts as a and loses ⌊r/|b|⌋·|b| in portions whose products are exact, so it stays equal to a modulo b. Each portion
 * takes 25 bits off the quotient; usually one is enough. Infinite a, b = 0 and NaN give NaN.
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
  const hasOtherSign = f64x2.lt(f64x2.mul(r, y), 0);
  const signed = f.let(f64x2.add(r, v128.and(y, reinterpret('f64x2', hasOtherSign))));
  const zero = v128.and(y, f64x2.const(-0)); // a zero remainder takes the sign of the divisor
  return v128.bitselect(v128.bitselect(zero, signed, f64x2.eq(signed, 0)), f64x2.const(Number.NaN), regular);
}

/** The remainders of four lanes: two at a time widened to float64, and narrowed again. */
function remainders<T extends 'f32x4' | 'i32x4'>(
  f: FunctionBuilder,
  x: Expr<T>,
  y: Expr<T>,
  widen: (low: Expr<T>) => Expr<'f64x2'>,
  narrow: (wide: Expr<'f64x2'>) => Expr<T>,
): Expr<T> {
  const a = f.let(x);
  const b = f.let(y);
  const low = remainder(f, widen(a), widen(b));
  const high = remainder(f, widen(upper(a)), widen(upper(b)));
  return i8x16.shuffle([0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23], narrow(low), narrow(high));
}

/** a mod b with the sign of b; NaN where a is infinite, b is 0 or one is NaN; correctly rounded. */
export function mod(f: FunctionBuilder, a: Expr<'f32x4'>, b: Expr<'f32x4'>): Expr<'f32x4'> {
  return remainders(f, a, b, f64x2.promote_low_f32x4, f32x4.demote_f64x2_zero);
}

/** a mod b with the sign of b; 0 where b is 0. */
export function integerMod(f: FunctionBuilder, a: Expr<'i32x4'>, b: Expr<'i32x4'>): Expr<'i32x4'> {
  return remainders(f, a, b, f64x2.convert_low_i32x4_s, i32x4.trunc_sat_f64x2_s_zero); // NaN gives 0
}
