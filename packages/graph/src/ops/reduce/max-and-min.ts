// max and min over axes. NaN wins.

import type { Combine } from '@treadle/kernels';
import { type Expr, type FunctionBuilder, i32x4, reinterpret, v128 } from '@treadle/wasm';
import type { Node } from '../../node.ts';
import type { Axes } from '../../shape.ts';
import { div, mul } from '../elementwise/arithmetic.ts';
import { asNumbers, cast } from '../elementwise/cast.ts';
import { equal } from '../elementwise/comparison.ts';
import { ints, lastAxes } from './combine.ts';
import { column, nonEmptyAxes, type ReduceOptions, reduceAxes } from './reduce.ts';
import { sum } from './sum-and-broadcast.ts';

const lowest = -(2 ** 31);
const highest = 2 ** 31 - 1;

/** NaNs of one sign. */
const nanCount = 2 ** 23 - 1;

/**
 * Floats by integers of the same order: the extreme of integers takes one instruction, that of floats in WebAssembly eight,
 * each of which waits for the one before. Without a shift, NaNs of either sign are at either end, before −∞ and after ∞;
 * the shift by their number takes those of one end to the other, and −∞ for a maximum, ∞ for a minimum, to the end itself.
 */
function ordered(extreme: Combine, shift: number): Combine {
  // The sign stays, the other bits of a negative number are turned: its own inverse.
  const turned = (f: FunctionBuilder, bits: Expr<'i32x4'>): Expr<'i32x4'> => {
    const x = f.let(bits);
    return v128.xor(x, i32x4.shr_u(i32x4.shr_s(x, 31), 1));
  };
  return {
    ...extreme,
    enter: (f, x) => i32x4.add(turned(f, reinterpret('i32x4', x)), i32x4.const(shift)),
    leave: (f, x) => reinterpret('f32x4', turned(f, i32x4.sub(reinterpret('i32x4', x), i32x4.const(shift)))),
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
      // the elements that are the extreme share its gradient evenly
      gradient: (dy, y, [rows]) => {
        if (!rows || !isFloat) return [];
        const chosen = cast(equal(rows, column(y, rows)), 'float32');
        return [mul(chosen, div(column(dy, rows), column(sum(chosen, lastAxes(rows, y)), rows)))];
      },
    });
  };
}

/** The largest element over the axes; NaN wins. */
export const max: (x: Node, axes?: Axes, options?: ReduceOptions) => Node = extreme(
  'max',
  ordered(
    ints(lowest, (a, b) => i32x4.max_s(a, b)),
    -nanCount,
  ),
  ints(lowest, (a, b) => i32x4.max_s(a, b)),
);

/** The smallest element over the axes; NaN wins. */
export const min: (x: Node, axes?: Axes, options?: ReduceOptions) => Node = extreme(
  'min',
  ordered(
    ints(highest, (a, b) => i32x4.min_s(a, b)),
    nanCount,
  ),
  ints(highest, (a, b) => i32x4.min_s(a, b)),
);
