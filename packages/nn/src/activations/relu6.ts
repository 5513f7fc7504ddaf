// relu6: a rectified linear unit with an upper bound.

import { asTensor, type Tensor, type TensorLike } from '@treadle/tensor';
import { defineActivation, type KnownActivation } from './activation.ts';

/**
 * min(max(x, 0), 6), element by element.
 *
 * @example
 * ```ts
 * import { activations } from 'treadle';
 * activations.relu6([-1, 2, 8]); // → [0, 2, 6]
 * ```
 */
export const relu6: KnownActivation<(x: TensorLike) => Tensor> = defineActivation(
  'relu6',
  { low: 0, high: 6 },
  (x: TensorLike) => asTensor(x).relu().minimum(6),
);
