// A range cut into parts of equal size, give or take one.

import { type Expr, type FunctionBuilder, i32 } from '@treadle/wasm';
import { plus, smaller, times } from './arithmetic.ts';

/** The numbers from `start` up to, but not including, `end`. */
export interface Span {
  readonly start: Expr<'i32'>;
  readonly end: Expr<'i32'>;
}

/** Part `index` of `parts` ≤ `total` parts of [0, total): the first `total` mod `parts` of them are one larger. */
export function evenPart(f: FunctionBuilder, total: number, parts: number, index: Expr<'i32'>): Span {
  if (parts === 1) return { start: i32.const(0), end: i32.const(total) };
  const [size, larger] = [Math.floor(total / parts), total % parts];
  const startOf = (i: Expr<'i32'>) => {
    const even = times(i, size);
    return f.let(larger === 0 ? even : i32.add(even, smaller(i, i32.const(larger))));
  };
  return { start: startOf(index), end: startOf(plus(index, 1)) };
}

/** Every size that a part can have. */
export function partSizes(total: number, parts: number): number[] {
  const size = Math.floor(total / parts);
  return total % parts === 0 ? [size] : [size + 1, size];
}
