// Functions that arrange elements: other shapes, orders of axes, parts and repetitions. They copy nothing by themselves: a plan
// reads the elements where they lie.

import { ops, type Shape } from '@treadle/graph';
import { nodeOf, type TensorLike } from '../operand.ts';
import { Tensor } from '../tensor.ts';

/**
 * The same elements in row-major order under another shape. One extent may be −1: it follows from the number of elements.
 *
 * @throws ShapeError where the number of elements would change.
 * @example
 * ```ts
 * import { tensor } from 'treadle';
 * tensor([1, 2, 3, 4, 5, 6]).reshape([2, -1]); // → [[1, 2, 3], [4, 5, 6]]
 * ```
 */
export function reshape(x: TensorLike, shape: Shape): Tensor {
  return new Tensor(ops.reshape(nodeOf(x), shape));
}

/**
 * All elements along one axis, in row-major order: [size].
 *
 * @example
 * ```ts
 * import { tensor } from 'treadle';
 * tensor([[1, 2], [3, 4]]).flatten(); // → [1, 2, 3, 4]
 * ```
 */
export function flatten(x: TensorLike): Tensor {
  return new Tensor(ops.reshape(nodeOf(x), [-1]));
}

/**
 * The axes in another order: axis i of the result is axis axes[i] of x. Without `axes` they are reversed.
 *
 * @throws ShapeError unless `axes` names every axis once.
 * @example
 * ```ts
 * import { transpose } from 'treadle';
 * transpose([[1, 2, 3], [4, 5, 6]]); // → [[1, 4], [2, 5], [3, 6]]
 * ```
 */
export function transpose(x: TensorLike, axes?: readonly number[]): Tensor {
  return new Tensor(ops.transpose(nodeOf(x), axes));
}

/**
 * x without the axes named, which must have extent 1; without `axes`, without all axes of extent 1.
 *
 * @throws ShapeError for an axis of another extent.
 * @example
 * ```ts
 * import { squeeze } from 'treadle';
 * squeeze([[[1], [2]]]); // → [1, 2]
 * ```
 */
export function squeeze(x: TensorLike, axes?: number | readonly number[]): Tensor {
  return new Tensor(ops.squeeze(nodeOf(x), axes));
}

/**
 * x with a new axis of extent 1 at position `axis`.
 *
 * @throws ShapeError for a position that does not exist.
 * @example
 * ```ts
 * import { expandDims } from 'treadle';
 * expandDims([1, 2], 1); // → [[1], [2]]
 * ```
 */
export function expandDims(x: TensorLike, axis: number): Tensor {
  return new Tensor(ops.expandDims(nodeOf(x), axis));
}

/**
 * x repeated along axes of extent 1, or along new axes in front, up to `shape`.
 *
 * @throws ShapeError where an extent other than 1 would change.
 * @example
 * ```ts
 * import { broadcastTo } from 'treadle';
 * broadcastTo([1, 2], [3, 2]); // → [[1, 2], [1, 2], [1, 2]]
 * ```
 */
export function broadcastTo(x: TensorLike, shape: Shape): Tensor {
  return new Tensor(ops.broadcastTo(nodeOf(x), shape));
}

/**
 * x with the elements along the axes named in reverse order; along all axes by default.
 *
 * @throws ShapeError for an axis that x does not have.
 * @example
 * ```ts
 * import { flip } from 'treadle';
 * flip([[1, 2], [3, 4]], 1); // → [[2, 1], [4, 3]]
 * ```
 */
export function flip(x: TensorLike, axes?: number | readonly number[]): Tensor {
  return new Tensor(ops.flip(nodeOf(x), axes));
}

/**
 * x[begin[i] : end[i] : strides[i]] along every axis i, as in NumPy: negative positions count from the end, positions beyond the
 * ends are clamped, axes that are not named are taken whole. Strides are ≥ 1.
 *
 * @throws ShapeError for positions or strides that are not whole, or more of them than x has axes.
 * @example
 * ```ts
 * import { slice } from 'treadle';
 * slice([[1, 2, 3], [4, 5, 6]], [0, 1]); // → [[2, 3], [5, 6]]
 * slice([0, 1, 2, 3, 4, 5], [1], [-1], [2]); // → [1, 3]
 * ```
 */
export function slice(
  x: TensorLike,
  begin: readonly number[],
  end?: readonly number[],
  strides?: readonly number[],
): Tensor {
  return new Tensor(ops.slice(nodeOf(x), begin, end, strides));
}

/**
 * x with widths[i] = [before, after] elements of `value` (0 by default) around every axis i.
 *
 * @throws ShapeError unless there is a pair of whole numbers ≥ 0 for every axis; DtypeError for a value that x's dtype cannot hold.
 * @example
 * ```ts
 * import { pad } from 'treadle';
 * pad([1, 2], [[1, 2]]); // → [0, 1, 2, 0, 0]
 * ```
 */
export function pad(x: TensorLike, widths: readonly (readonly [number, number])[], value?: number): Tensor {
  return new Tensor(ops.pad(nodeOf(x), widths, value));
}

/**
 * x repeated counts[i] times along every axis i.
 *
 * @throws ShapeError unless there is a whole number ≥ 0 for every axis.
 * @example
 * ```ts
 * import { tile } from 'treadle';
 * tile([[1, 2]], [2, 2]); // → [[1, 2, 1, 2], [1, 2, 1, 2]]
 * ```
 */
export function tile(x: TensorLike, counts: readonly number[]): Tensor {
  return new Tensor(ops.tile(nodeOf(x), counts));
}

/**
 * The pieces of x along an axis (0 by default): `parts` equal ones, or pieces of the lengths `parts`.
 *
 * @throws ShapeError where the pieces do not add up to the axis.
 * @example
 * ```ts
 * import { split } from 'treadle';
 * split([1, 2, 3, 4], 2).map((part) => part.toArray()); // → [[1, 2], [3, 4]]
 * split([1, 2, 3, 4], [1, 3]).map((part) => part.toArray()); // → [[1], [2, 3, 4]]
 * ```
 */
export function split(x: TensorLike, parts: number | readonly number[], axis?: number): Tensor[] {
  return ops.split(nodeOf(x), parts, axis).map((node) => new Tensor(node));
}
