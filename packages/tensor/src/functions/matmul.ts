// The matrix product.

import { type MatmulOptions, ops } from '@treadle/graph';
import { nodeOf, type TensorLike } from '../operand.ts';
import { Tensor } from '../tensor.ts';

/**
 * The matrix product a [..., m, k] × b [..., k, n] → [..., m, n], in float32. Leading axes broadcast. A vector a [k] counts as
 * [1, k], a vector b [k] as [k, 1]; that axis is not in the result.
 *
 * @throws ShapeError where the inner sizes differ, or an operand has no axis.
 * @example
 * ```ts
 * import { matmul } from 'treadle';
 * matmul([[1, 2], [3, 4]], [[5], [6]]); // → [[17], [39]]
 * matmul([1, 2], [3, 4]); // → 11
 * ```
 */
export function matmul(a: TensorLike, b: TensorLike, options?: MatmulOptions): Tensor {
  return new Tensor(ops.matmul(nodeOf(a), nodeOf(b), options));
}
