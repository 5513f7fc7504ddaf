// Comparisons and logic, element by element, with broadcasting. Results are bool, and no gradient passes through them; `where`
// passes gradients on to the operands that it chooses from. cast changes the dtype.

import { type Dtype, ops } from '@treadle/graph';
import { nodeOf, operand, type TensorLike } from '../operand.ts';
import { Tensor } from '../tensor.ts';
import { binary } from './binary.ts';

/**
 * Whether a = b, as bool. NaN equals nothing.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * ```ts
 * import { equal } from 'treadle';
 * equal([1, 2, 3], 2); // → [0, 1, 0]
 * ```
 */
export const equal: (a: TensorLike, b: TensorLike) => Tensor = binary('equal', operand, ops.equal);

/**
 * Whether a ≠ b, as bool.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * ```ts
 * import { notEqual } from 'treadle';
 * notEqual([1, 2, 3], 2); // → [1, 0, 1]
 * ```
 */
export const notEqual: (a: TensorLike, b: TensorLike) => Tensor = binary('notEqual', operand, ops.notEqual);

/**
 * Whether a < b, as bool.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * ```ts
 * import { less } from 'treadle';
 * less([1, 2, 3], 2); // → [1, 0, 0]
 * ```
 */
export const less: (a: TensorLike, b: TensorLike) => Tensor = binary('less', operand, ops.less);

/**
 * Whether a ≤ b, as bool.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * ```ts
 * import { lessEqual } from 'treadle';
 * lessEqual([1, 2, 3], 2); // → [1, 1, 0]
 * ```
 */
export const lessEqual: (a: TensorLike, b: TensorLike) => Tensor = binary('lessEqual', operand, ops.lessEqual);

/**
 * Whether a > b, as bool.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * ```ts
 * import { greater } from 'treadle';
 * greater([1, 2, 3], 2); // → [0, 0, 1]
 * ```
 */
export const greater: (a: TensorLike, b: TensorLike) => Tensor = binary('greater', operand, ops.greater);

/**
 * Whether a ≥ b, as bool.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * ```ts
 * import { greaterEqual } from 'treadle';
 * greaterEqual([1, 2, 3], 2); // → [0, 1, 1]
 * ```
 */
export const greaterEqual: (a: TensorLike, b: TensorLike) => Tensor = binary('greaterEqual', operand, ops.greaterEqual);

/**
 * Whether both a and b are true (≠ 0), as bool.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * ```ts
 * import { logicalAnd } from 'treadle';
 * logicalAnd([true, true, false], [true, false, false]); // → [1, 0, 0]
 * ```
 */
export const logicalAnd: (a: TensorLike, b: TensorLike) => Tensor = binary('logicalAnd', nodeOf, ops.logicalAnd);

/**
 * Whether a or b is true (≠ 0), as bool.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * ```ts
 * import { logicalOr } from 'treadle';
 * logicalOr([true, true, false], [true, false, false]); // → [1, 1, 0]
 * ```
 */
export const logicalOr: (a: TensorLike, b: TensorLike) => Tensor = binary('logicalOr', nodeOf, ops.logicalOr);

/**
 * Whether x is false (0), as bool.
 *
 * @example
 * ```ts
 * import { logicalNot } from 'treadle';
 * logicalNot([true, false]); // → [0, 1]
 * ```
 */
export function logicalNot(x: TensorLike): Tensor {
  return new Tensor(ops.logicalNot(nodeOf(x)));
}

/**
 * a where the condition is true, b elsewhere. All three broadcast; the condition must be bool. The gradient of an element goes to
 * the operand that it came from.
 *
 * @throws DtypeError for a condition of another dtype, ShapeError where the shapes do not broadcast.
 * @example
 * ```ts
 * import { tensor, where } from 'treadle';
 * const x = tensor([-1, 2, -3]);
 * where(x.greater(0), x, 0); // → [0, 2, 0]
 * ```
 */
export function where(condition: TensorLike, a: TensorLike, b: TensorLike): Tensor {
  return new Tensor(ops.where(nodeOf(condition), operand(a), operand(b)));
}

/**
 * The values of x in another dtype. float32 → int32 rounds towards zero; what is beyond int32 becomes its nearest end, NaN
 * becomes 0. As a bool, all but 0 is true; a bool as a number is 0 or 1. No gradient passes.
 *
 * @throws DtypeError for a dtype that does not exist.
 * @example
 * ```ts
 * import { cast } from 'treadle';
 * cast([1.7, -1.7, 0], 'int32'); // → [1, -1, 0]
 * ```
 */
export function cast(x: TensorLike, dtype: Dtype): Tensor {
  return new Tensor(ops.cast(nodeOf(x), dtype));
}
