// Arithmetic element by element: sums, products, powers, extremes, rounding. Operands broadcast; a number takes the dtype of the
// tensor beside it where that can hold it, and bool counts as int32.

import { ops } from '@treadle/graph';
import { nodeOf, operand, type TensorLike } from '../operand.ts';
import { Tensor } from '../tensor.ts';
import { binary } from './binary.ts';

/**
 * a + b, element by element. Shapes broadcast; int32 wraps around.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * ```ts
 * import { add } from 'treadle';
 * add([1, 2, 3], 10); // → [11, 12, 13]
 * ```
 */
export const add: (a: TensorLike, b: TensorLike) => Tensor = binary('add', operand, ops.add);

/**
 * a − b, element by element. Shapes broadcast; int32 wraps around.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * ```ts
 * import { sub } from 'treadle';
 * sub([[1], [2]], [0, 1]); // → [[1, 0], [2, 1]]
 * ```
 */
export const sub: (a: TensorLike, b: TensorLike) => Tensor = binary('sub', operand, ops.sub);

/**
 * a · b, element by element (`matmul` is the matrix product). Shapes broadcast; int32 wraps around.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * ```ts
 * import { mul } from 'treadle';
 * mul([1, 2, 3], [4, 5, 6]); // → [4, 10, 18]
 * ```
 */
export const mul: (a: TensorLike, b: TensorLike) => Tensor = binary('mul', operand, ops.mul);

/**
 * a / b, element by element, in float32 whatever the dtypes. x / 0 is ±∞, 0 / 0 is NaN.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * ```ts
 * import { div } from 'treadle';
 * div([1, 2, 3], 2); // → [0.5, 1, 1.5]
 * ```
 */
export const div: (a: TensorLike, b: TensorLike) => Tensor = binary('div', operand, ops.div);

/**
 * a to the power b, element by element. Of int32, products wrap around and a negative exponent gives 0, or ±1 where |a| = 1.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * ```ts
 * import { pow } from 'treadle';
 * pow([1, 2, 3], 2); // → [1, 4, 9]
 * ```
 */
export const pow: (a: TensorLike, b: TensorLike) => Tensor = binary('pow', operand, ops.pow);

/**
 * The remainder of a / b, element by element, with the sign of b, as in NumPy and Python. By 0 it is NaN; for int32 it is 0.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * ```ts
 * import { mod } from 'treadle';
 * mod([7, -7], 3); // → [1, 2]
 * ```
 */
export const mod: (a: TensorLike, b: TensorLike) => Tensor = binary('mod', operand, ops.mod);

/**
 * The larger of a and b, element by element; NaN where either is NaN. The gradient goes to a where both are equal. `max` is the
 * largest element of one tensor.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * ```ts
 * import { maximum } from 'treadle';
 * maximum([1, 5, 3], [4, 2, 3]); // → [4, 5, 3]
 * ```
 */
export const maximum: (a: TensorLike, b: TensorLike) => Tensor = binary('maximum', operand, ops.maximum);

/**
 * The smaller of a and b, element by element; NaN where either is NaN. The gradient goes to a where both are equal. `min` is the
 * smallest element of one tensor.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * ```ts
 * import { minimum } from 'treadle';
 * minimum([1, 5, 3], 3); // → [1, 3, 3]
 * ```
 */
export const minimum: (a: TensorLike, b: TensorLike) => Tensor = binary('minimum', operand, ops.minimum);

/**
 * x, raised to `low` where it is less and lowered to `high` where it is more. All three broadcast.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * ```ts
 * import { clip } from 'treadle';
 * clip([-2, 0.5, 7], 0, 1); // → [0, 0.5, 1]
 * ```
 */
export function clip(x: TensorLike, low: TensorLike, high: TensorLike): Tensor {
  return new Tensor(ops.clip(nodeOf(x), operand(low), operand(high)));
}

/**
 * −x.
 *
 * @example
 * ```ts
 * import { neg } from 'treadle';
 * neg([1, -2]); // → [-1, 2]
 * ```
 */
export function neg(x: TensorLike): Tensor {
  return new Tensor(ops.neg(nodeOf(x)));
}

/**
 * |x|.
 *
 * @example
 * ```ts
 * import { abs } from 'treadle';
 * abs([1, -2]); // → [1, 2]
 * ```
 */
export function abs(x: TensorLike): Tensor {
  return new Tensor(ops.abs(nodeOf(x)));
}

/**
 * −1, 0 or 1: the sign of x. Its gradient is 0.
 *
 * @example
 * ```ts
 * import { sign } from 'treadle';
 * sign([3, 0, -2]); // → [1, 0, -1]
 * ```
 */
export function sign(x: TensorLike): Tensor {
  return new Tensor(ops.sign(nodeOf(x)));
}

/**
 * x · x.
 *
 * @example
 * ```ts
 * import { square } from 'treadle';
 * square([1, 2, 3]); // → [1, 4, 9]
 * ```
 */
export function square(x: TensorLike): Tensor {
  return new Tensor(ops.square(nodeOf(x)));
}

/**
 * 1 / x, in float32.
 *
 * @example
 * ```ts
 * import { reciprocal } from 'treadle';
 * reciprocal([1, 2, 4]); // → [1, 0.5, 0.25]
 * ```
 */
export function reciprocal(x: TensorLike): Tensor {
  return new Tensor(ops.reciprocal(nodeOf(x)));
}

/**
 * √x, in float32; NaN where x < 0.
 *
 * @example
 * ```ts
 * import { sqrt } from 'treadle';
 * sqrt([4, 9]); // → [2, 3]
 * ```
 */
export function sqrt(x: TensorLike): Tensor {
  return new Tensor(ops.sqrt(nodeOf(x)));
}

/**
 * 1 / √x, in float32.
 *
 * @example
 * ```ts
 * import { rsqrt } from 'treadle';
 * rsqrt([4, 16]); // → [0.5, 0.25]
 * ```
 */
export function rsqrt(x: TensorLike): Tensor {
  return new Tensor(ops.rsqrt(nodeOf(x)));
}

/**
 * The largest whole number ≤ x. Its gradient is 0.
 *
 * @example
 * ```ts
 * import { floor } from 'treadle';
 * floor([1.7, -1.2]); // → [1, -2]
 * ```
 */
export function floor(x: TensorLike): Tensor {
  return new Tensor(ops.floor(nodeOf(x)));
}

/**
 * The smallest whole number ≥ x. Its gradient is 0.
 *
 * @example
 * ```ts
 * import { ceil } from 'treadle';
 * ceil([1.2, -1.7]); // → [2, -1]
 * ```
 */
export function ceil(x: TensorLike): Tensor {
  return new Tensor(ops.ceil(nodeOf(x)));
}

/**
 * The nearest whole number; halves go to the even one, as in NumPy. Its gradient is 0.
 *
 * @example
 * ```ts
 * import { round } from 'treadle';
 * round([1.4, 1.5, 2.5]); // → [1, 2, 2]
 * ```
 */
export function round(x: TensorLike): Tensor {
  return new Tensor(ops.round(nodeOf(x)));
}
