// Several tensors as one: one after the other along an axis, or side by side along a new one.

import { checkArray, type Node, ops } from '@treadle/graph';
import { alike } from './convert/values.ts';
import { nodeOf, type TensorLike } from './operand.ts';
import { Tensor } from './tensor.ts';

/**
 * The tensors one after the other along an axis (0 by default); all other extents must be equal. Of different dtypes, the result
 * has the one that holds them all. The layer of it is `layers.concatenate`.
 *
 * @throws ShapeError where other extents differ, or there is no tensor.
 * @example
 * ```ts
 * import { concat } from 'treadle';
 * concat([[[1, 2]], [[3, 4], [5, 6]]]); // → [[1, 2], [3, 4], [5, 6]]
 * ```
 */
export function concat(tensors: readonly TensorLike[], axis = 0): Tensor {
  return new Tensor(ops.concat(alike(nodesOf('concat', tensors)), axis));
}

/**
 * Tensors of one shape side by side along a new axis (0 by default).
 *
 * @throws ShapeError where shapes differ, or there is no tensor.
 * @example
 * ```ts
 * import { stack } from 'treadle';
 * stack([[1, 2], [3, 4]], 1); // → [[1, 3], [2, 4]]
 * ```
 */
export function stack(tensors: readonly TensorLike[], axis = 0): Tensor {
  return new Tensor(ops.stack(alike(nodesOf('stack', tensors)), axis));
}

function nodesOf(op: string, tensors: readonly TensorLike[]): readonly Node[] {
  const one: unknown = tensors;
  checkArray(`${op}: the tensors`, one, one instanceof Tensor ? `; ${op}([a, b]) takes them as one argument` : '');
  return Array.from(tensors, (x) => nodeOf(x));
}
