// max and min over axes; NaN where there is one.

import type { Combine } from '@treadle/kernels';
import { type Expr, type FunctionBuilder, i32x4, reinterpret, v128 } from '@treadle/wasm';
import type { Node } from '../../node.ts';
import type { Axes } from '../../shape.ts';
import { div, mul } from '../elementwise/arithmetic.ts';
import { asNumbers, cast } from '../elementwise/cast.ts';
import { equal } from '../elementwise/comparison.ts';
import { ints } from './combine.ts';
import { column, lastAxes, nonEmptyAxes, type ReduceOptions, reduceAxes } from './reduce.ts';
import { sum } from './sum-and-broadcast.ts';

const lowest = -(2 ** 31);
const highest = 2 ** 31 - 1;

/** number of NaNs of one sign */
const nanCount = 2 ** 23 - 1;

/**
 * The extreme of floats as the extreme of integers in the same order. For integers it takes one instruction; for floats WebAssembly
 * needs eight, each of which waits for the one before. As integers, NaNs of either sign are at both ends of the order, below −∞ and
 * above ∞. The shift, by the number of NaNs of one sign, wraps those at the wrong end around to the other.
 */
function ordered(extreme: Combine, shift: number): Combine {
  // Inverts all bits but the sign of negative numbers; applied twice, it changes nothing.
  const ordinal = (f: FunctionBuilder, bits: Expr<'i32x4'>): Expr<'i32x4'> => {
    const x = f.let(bits);
    return v128.xor(x, i32x4.shr_u(i32x4.shr_s(x, 31), 1));
  };
  return {
    ...extreme,
    enter: (f, x) => i32x4.add(ordinal(f, reinterpret('i32x4', x)), i32x4.const(shift)),
    leave: (f, x) => reinterpret('f32x4', ordinal(f, i32x4.sub(reinterpret('i32x4', x), i32x4.const(shift)))),
  };
}

function extreme(name: string, float: Combine, int: Combine): (x: Node, axes?: Axes, options?: ReduceOptions) => Node {
  return (x, axes, options = {}) => {
    nonEmptyAxes(name, x, axes);
    const values = asNumbers(x);
    const isFloat = values.dtype === 'float32';
    return reduceAxes(values, axes, options, {
      name,
      key: isFloat ? name : `${name} int32`,
      combine: isFloat ? float : int,
      // elements that equal the extreme share its gradient evenly
      gradient: (dy, y, [rows]) => {
        if (!rows || !isFloat) return [];
        const chosen = cast(equal(rows, column(y, rows)), 'float32');
        return [mul(chosen, div(column(dy, rows), column(sum(chosen, lastAxes(rows, y)), rows)))];
      },
    });
  };
}

/** The largest element over the axes; NaN where there is one. */
export const max: (x: Node, axes?: Axes, options?: ReduceOptions) => Node = extreme(
  'max',
  ordered(
    ints(lowest, (a, b) => i32x4.max_s(a, b)),
    -nanCount,
  ),
  ints(lowest, (a, b) => i32x4.max_s(a, b)),
);

/** The smallest element over the axes; NaN where there is one. */
export const min: (x: Node, axes?: Axes, options?: ReduceOptions) => Node = extreme(
  'min',
  ordered(
    ints(highest, (a, b) => i32x4.min_s(a, b)),
    nanCount,
  ),
  ints(highest, (a, b) => i32x4.min_s(a, b)),
);
