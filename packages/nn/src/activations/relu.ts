// relu: the rectified linear unit.

import { asTensor, type Tensor, type TensorLike } from '@treadle/tensor';
import { defineActivation, type KnownActivation } from './activation.ts';

/**
 * max(x, 0), element by element.
 *
 * @example
 * ```ts
 * import { activations } from 'treadle';
 * activations.relu([-1, 2]); // → [0, 2]
 * ```
 */
export const relu: KnownActivation<(x: TensorLike) => Tensor> = defineActivation('relu', { low: 0 }, (x: TensorLike) =>
  asTensor(x).relu(),
);
