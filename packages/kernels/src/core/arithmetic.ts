// Arithmetic with indices and addresses that leaves out what changes nothing. An expression is text: what these functions use
// twice is evaluated twice, so callers pass locals or constants there.

import { type Expr, type Integer, i32, i32x4, integer, select } from '@treadle/wasm';

/** x · n for a known n; 0 and x itself where n is 0 or 1. */
export function times(x: Expr<'i32'>, n: number): Expr<'i32'> {
  if (n === 0) return i32.const(0);
  return n === 1 ? x : i32.mul(x, n);
}

/** x + n for a known n; x itself where n is 0. */
export function plus<T extends Integer>(x: Expr<T>, n: number): Expr<T> {
  return n === 0 ? x : integer.add(x, n);
}

/** The smaller of two numbers (signed); both expressions are evaluated twice. */
export function smaller<T extends Integer>(a: Expr<T>, b: Expr<NoInfer<T>>): Expr<T> {
  return select(a, b, integer.lt_s(a, b));
}

/** The larger of two numbers (signed); both expressions are evaluated twice. */
export function larger<T extends Integer>(a: Expr<T>, b: Expr<NoInfer<T>>): Expr<T> {
  return select(a, b, integer.gt_s(a, b));
}

/** start + step · (first + lane) in each of four lanes. */
export function ramp(start: Expr<'i32'>, step: number, first = 0): Expr<'i32x4'> {
  const strides = [0, 1, 2, 3].map((lane) => (first + lane) * step);
  return i32x4.add(i32x4.splat(start), i32x4.const(strides));
}
