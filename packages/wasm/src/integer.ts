// Instructions that i32 and i64 both have, chosen by the type of the first operand: for code that counts either in indices or in
// bytes, such as loops.

import { type Expr, i32, i64 } from './expression.ts';

/** The integer types that loops count in. */
export type Integer = 'i32' | 'i64';

/** An operand beside an integer of type T: an expression, or a whole number. */
export type Whole<T extends Integer> = Expr<T> | number;

type Binary<R extends 'same' | 'i32'> = <T extends Integer>(
  a: Expr<T>,
  b: Whole<NoInfer<T>>,
) => Expr<R extends 'same' ? T : 'i32'>;

type Name = 'add' | 'sub' | 'lt_s' | 'le_s' | 'gt_s' | 'ge_s';

function binary<R extends 'same' | 'i32'>(name: Name): Binary<R> {
  const call = (a: Expr<Integer>, b: Expr<Integer> | number): Expr<Integer> =>
    a.type === 'i64'
      ? i64[name](a as Expr<'i64'>, typeof b === 'number' ? BigInt(b) : (b as Expr<'i64'>))
      : i32[name](a as Expr<'i32'>, b as Whole<'i32'>);
  return call as Binary<R>;
}

/** `integer.add(a, b)` is `i32.add` or `i64.add`; comparisons are signed and leave an i32. */
export const integer: {
  readonly add: Binary<'same'>;
  readonly sub: Binary<'same'>;
  readonly lt_s: Binary<'i32'>;
  readonly le_s: Binary<'i32'>;
  readonly gt_s: Binary<'i32'>;
  readonly ge_s: Binary<'i32'>;
} = {
  add: binary('add'),
  sub: binary('sub'),
  lt_s: binary('lt_s'),
  le_s: binary('le_s'),
  gt_s: binary('gt_s'),
  ge_s: binary('ge_s'),
};
