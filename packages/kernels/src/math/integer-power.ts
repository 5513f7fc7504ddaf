// Integer powers by repeated squaring.

import { type Expr, type FunctionBuilder, i32x4, v128 } from '@treadle/wasm';

/** aⁿ modulo 2³², like every product of int32, for n ≥ 0; for n < 0 it is 0, but ±1 where |a| = 1. */
export function integerPower(f: FunctionBuilder, base: Expr<'i32x4'>, n: Expr<'i32x4'>): Expr<'i32x4'> {
  const a = f.let(base);
  const exponent = f.let(n);
  const squared = f.local('i32x4', a);
  const bits = f.local('i32x4', i32x4.abs(exponent));
  const product = f.local('i32x4', 1);
  f.while(v128.any_true(bits), () => {
    const odd = i32x4.eq(v128.and(bits, i32x4.const(1)), 1);
    f.set(product, v128.bitselect(i32x4.mul(product, squared), product, odd));
    f.set(squared, i32x4.mul(squared, squared));
    f.set(bits, i32x4.shr_u(bits, 1));
  });
  const isUnit = i32x4.eq(i32x4.abs(a), 1);
  return v128.and(product, v128.or(isUnit, i32x4.ge_s(exponent, 0)));
}
