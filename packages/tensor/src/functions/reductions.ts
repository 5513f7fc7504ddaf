// Reductions: one element for all elements along the axes named, or of the whole tensor by default. Negative axes count from the
// end. The reduced axes are dropped; with { keepDims: true } they stay, with extent 1. An axis that does not exist is a ShapeError.

import { type Axes, ops, type ReduceOptions } from '@treadle/graph';
import { nodeOf, type TensorLike } from '../operand.ts';
import { Tensor } from '../tensor.ts';

/**
 * The sum over the axes (all by default); of bool, how many are true. 0 of no elements.
 *
 * @throws ShapeError for an axis that x does not have.
 * @example
 * ```ts
 * import { sum } from 'treadle';
 * sum([[1, 2], [3, 4]]); // → 10
 * sum([[1, 2], [3, 4]], 0); // → [4, 6]
 * sum([[1, 2], [3, 4]], 1, { keepDims: true }); // → [[3], [7]]
 * ```
 */
export function sum(x: TensorLike, axes?: Axes, options?: ReduceOptions): Tensor {
  return new Tensor(ops.sum(nodeOf(x), axes, options));
}

/**
 * The mean over the axes (all by default), in float32.
 *
 * @throws ShapeError for an axis that x does not have.
 * @example
 * ```ts
 * import { mean } from 'treadle';
 * mean([[1, 2], [3, 4]], 0); // → [2, 3]
 * ```
 */
export function mean(x: TensorLike, axes?: Axes, options?: ReduceOptions): Tensor {
  return new Tensor(ops.mean(nodeOf(x), axes, options));
}

/**
 * The product over the axes (all by default). 1 of no elements.
 *
 * @throws ShapeError for an axis that x does not have.
 * @example
 * ```ts
 * import { prod } from 'treadle';
 * prod([2, 3, 4]); // → 24
 * ```
 */
export function prod(x: TensorLike, axes?: Axes, options?: ReduceOptions): Tensor {
  return new Tensor(ops.prod(nodeOf(x), axes, options));
}

/**
 * The largest element over the axes (all by default); NaN where there is one. Equal largest elements share the gradient.
 *
 * @throws ShapeError for an axis that x does not have, or that is empty.
 * @example
 * ```ts
 * import { max } from 'treadle';
 * max([[1, 4], [3, 2]], 1); // → [4, 3]
 * ```
 */
export function max(x: TensorLike, axes?: Axes, options?: ReduceOptions): Tensor {
  return new Tensor(ops.max(nodeOf(x), axes, options));
}

/**
 * The smallest element over the axes (all by default); NaN where there is one. Equal smallest elements share the gradient.
 *
 * @throws ShapeError for an axis that x does not have, or that is empty.
 * @example
 * ```ts
 * import { min } from 'treadle';
 * min([[1, 4], [3, 2]], 1); // → [1, 2]
 * ```
 */
export function min(x: TensorLike, axes?: Axes, options?: ReduceOptions): Tensor {
  return new Tensor(ops.min(nodeOf(x), axes, options));
}

/**
 * The mean squared distance from the mean over the axes (all by default), divided by n as in NumPy.
 *
 * @throws ShapeError for an axis that x does not have.
 * @example
 * ```ts
 * import { variance } from 'treadle';
 * variance([1, 3, 5, 7]); // → 5
 * ```
 */
export function variance(x: TensorLike, axes?: Axes, options?: ReduceOptions): Tensor {
  return new Tensor(ops.variance(nodeOf(x), axes, options));
}

/**
 * The standard deviation over the axes (all by default): √variance.
 *
 * @throws ShapeError for an axis that x does not have.
 * @example
 * ```ts
 * import { std } from 'treadle';
 * std([2, 4]); // → 1
 * ```
 */
export function std(x: TensorLike, axes?: Axes, options?: ReduceOptions): Tensor {
  return new Tensor(ops.std(nodeOf(x), axes, options));
}

/**
 * ln Σ eˣ over the axes (all by default), without overflow.
 *
 * @throws ShapeError for an axis that x does not have, or that is empty.
 * @example
 * ```ts
 * import { logSumExp } from 'treadle';
 * logSumExp([1000, 1000]); // → 1000.69
 * ```
 */
export function logSumExp(x: TensorLike, axes?: Axes, options?: ReduceOptions): Tensor {
  return new Tensor(ops.logSumExp(nodeOf(x), axes, options));
}

/**
 * The index (int32) of the first largest element along an axis; without one, in the flattened tensor.
 *
 * @throws ShapeError for an axis that x does not have, or that is empty.
 * @example
 * ```ts
 * import { argmax } from 'treadle';
 * argmax([[1, 4], [3, 2]], 1); // → [1, 0]
 * ```
 */
export function argmax(x: TensorLike, axis?: number, options?: ReduceOptions): Tensor {
  return new Tensor(ops.argmax(nodeOf(x), axis, options));
}

/**
 * The index (int32) of the first smallest element along an axis; without one, in the flattened tensor.
 *
 * @throws ShapeError for an axis that x does not have, or that is empty.
 * @example
 * ```ts
 * import { argmin } from 'treadle';
 * argmin([[1, 4], [3, 2]], 1); // → [0, 1]
 * ```
 */
export function argmin(x: TensorLike, axis?: number, options?: ReduceOptions): Tensor {
  return new Tensor(ops.argmin(nodeOf(x), axis, options));
}

/**
 * Running sums along an axis, of x's shape; without an axis, of the flattened tensor.
 *
 * @throws ShapeError for an axis that x does not have.
 * @example
 * ```ts
 * import { cumsum } from 'treadle';
 * cumsum([1, 2, 3]); // → [1, 3, 6]
 * ```
 */
export function cumsum(x: TensorLike, axis?: number): Tensor {
  return new Tensor(ops.cumsum(nodeOf(x), axis));
}

/**
 * Whether any element is true (≠ 0) over the axes (all by default), as bool.
 *
 * @throws ShapeError for an axis that x does not have.
 * @example
 * ```ts
 * import { any } from 'treadle';
 * any([[0, 0], [0, 1]], 1); // → [0, 1]
 * ```
 */
export function any(x: TensorLike, axes?: Axes, options?: ReduceOptions): Tensor {
  return new Tensor(ops.any(nodeOf(x), axes, options));
}

/**
 * Whether all elements are true (≠ 0) over the axes (all by default), as bool.
 *
 * @throws ShapeError for an axis that x does not have.
 * @example
 * ```ts
 * import { all } from 'treadle';
 * all([[1, 1], [0, 1]], 1); // → [1, 0]
 * ```
 */
export function all(x: TensorLike, axes?: Axes, options?: ReduceOptions): Tensor {
  return new Tensor(ops.all(nodeOf(x), axes, options));
}
