// Elements by their position, and positions by their elements: gather, one-hot rows, sorting. Sorting goes along an axis, the last
// by default; equal elements keep their order, and NaN is above everything, as in NumPy.

import { ops, type SortOptions } from '@treadle/graph';
import { asIndices } from '../convert/indices.ts';
import { nodeOf, type TensorLike } from '../operand.ts';
import { Tensor } from '../tensor.ts';

/**
 * The slices of x at `indices` along an axis (0 by default): x [a, n, b], indices [i, j], axis 1 → [a, i, j, b]. Indices are int32;
 * negative ones count from the end. The gradient adds up what arrives for each slice.
 *
 * @throws RangeError for an index that does not exist: at once where it is known, otherwise when the slices are computed, and then
 * nothing is assigned. DtypeError for indices that are not whole.
 * @example
 * ```ts
 * import { gather } from 'treadle';
 * gather([[1, 2], [3, 4], [5, 6]], [2, 0]); // → [[5, 6], [1, 2]]
 * ```
 */
export function gather(x: TensorLike, indices: TensorLike, axis = 0): Tensor {
  const node = nodeOf(x);
  return new Tensor(ops.gather(node, asIndices(nodeOf(indices)), axis));
}

/**
 * Labels [...], int32 → float32 [..., depth]: 1 at the label, 0 elsewhere. A label outside 0 … depth − 1 gives zeros.
 *
 * @throws DtypeError for labels that are not int32, ShapeError for a depth that is no whole number ≥ 0.
 * @example
 * ```ts
 * import { tensor } from 'treadle';
 * tensor([1, 0], { dtype: 'int32' }).oneHot(3); // → [[0, 1, 0], [1, 0, 0]]
 * ```
 */
export function oneHot(labels: TensorLike, depth: number): Tensor {
  return new Tensor(ops.oneHot(nodeOf(labels), depth));
}

/**
 * The elements in ascending order along an axis. The gradient of an element goes back to where it stood.
 *
 * @throws ShapeError for an axis that x does not have.
 * @example
 * ```ts
 * import { sort } from 'treadle';
 * sort([3, 1, 2]); // → [1, 2, 3]
 * sort([3, 1, 2], 0, { descending: true }); // → [3, 2, 1]
 * ```
 */
export function sort(x: TensorLike, axis?: number, options?: SortOptions): Tensor {
  return new Tensor(ops.sort(nodeOf(x), axis, options));
}

/**
 * The positions (int32) of the elements in ascending order along an axis.
 *
 * @throws ShapeError for an axis that x does not have.
 * @example
 * ```ts
 * import { argsort } from 'treadle';
 * argsort([30, 10, 20]); // → [1, 2, 0]
 * ```
 */
export function argsort(x: TensorLike, axis?: number, options?: SortOptions): Tensor {
  return new Tensor(ops.argsort(nodeOf(x), axis, options));
}

/**
 * The k largest elements along an axis, the largest first, and their positions (int32): both have extent k there.
 *
 * @throws ShapeError for a k that the axis does not have, DtypeError for bool.
 * @example
 * ```ts
 * import { topK } from 'treadle';
 * const { values, indices } = topK([10, 30, 20], 2);
 * values; // → [30, 20]
 * indices; // → [1, 2]
 * ```
 */
export function topK(x: TensorLike, k: number, axis?: number): { readonly values: Tensor; readonly indices: Tensor } {
  const [values, positions] = ops.topK(nodeOf(x), k, axis);
  return { values: new Tensor(values), indices: new Tensor(positions) };
}
