// Activation functions of networks, in float32.

import { ops } from '@treadle/graph';
import { nodeOf, type TensorLike } from '../operand.ts';
import { Tensor } from '../tensor.ts';

/**
 * max(x, 0), element by element. The gradient at 0 is 0.
 *
 * @example
 * ```ts
 * import { relu } from 'treadle';
 * relu([-1, 0, 2]); // → [0, 0, 2]
 * ```
 */
export function relu(x: TensorLike): Tensor {
  return new Tensor(ops.relu(nodeOf(x)));
}

/**
 * 1 / (1 + e⁻ˣ), element by element.
 *
 * @example
 * ```ts
 * import { sigmoid } from 'treadle';
 * sigmoid([0, 2]); // → [0.5, 0.880797]
 * ```
 */
export function sigmoid(x: TensorLike): Tensor {
  return new Tensor(ops.sigmoid(nodeOf(x)));
}

/**
 * tanh x, element by element.
 *
 * @example
 * ```ts
 * import { tanh } from 'treadle';
 * tanh([0, 1]); // → [0, 0.761594]
 * ```
 */
export function tanh(x: TensorLike): Tensor {
  return new Tensor(ops.tanh(nodeOf(x)));
}

/**
 * ln(1 + eˣ), element by element, without overflow for large x.
 *
 * @example
 * ```ts
 * import { softplus } from 'treadle';
 * softplus([0, 100]); // → [0.693147, 100]
 * ```
 */
export function softplus(x: TensorLike): Tensor {
  return new Tensor(ops.softplus(nodeOf(x)));
}

/**
 * e^xᵢ / Σⱼ e^xⱼ along an axis, the last by default: shares that add up to 1, of x's shape. It does not overflow.
 *
 * @throws ShapeError for an axis that x does not have, or that is empty.
 * @example
 * ```ts
 * import { softmax } from 'treadle';
 * softmax([[1, 1], [0, 1000]]); // → [[0.5, 0.5], [0, 1]]
 * ```
 */
export function softmax(x: TensorLike, axis?: number): Tensor {
  return new Tensor(ops.softmax(nodeOf(x), axis));
}

/**
 * ln(softmax(x)) along an axis, the last by default, computed without the loss of digits.
 *
 * @throws ShapeError for an axis that x does not have, or that is empty.
 * @example
 * ```ts
 * import { logSoftmax } from 'treadle';
 * logSoftmax([0, 1000]); // → [-1000, 0]
 * ```
 */
export function logSoftmax(x: TensorLike, axis?: number): Tensor {
  return new Tensor(ops.logSoftmax(nodeOf(x), axis));
}
