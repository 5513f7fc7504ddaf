// linear: the identity, for a layer without an activation.

import { asTensor, type Tensor, type TensorLike } from '@treadle/tensor';
import { defineActivation, type KnownActivation } from './activation.ts';

/**
 * x itself.
 *
 * @example
 * ```ts
 * import { activations } from 'treadle';
 * activations.linear([-1, 2]); // → [-1, 2]
 * ```
 */
export const linear: KnownActivation<(x: TensorLike) => Tensor> = defineActivation(
  'no activation',
  {},
  (x: TensorLike) => asTensor(x),
);
