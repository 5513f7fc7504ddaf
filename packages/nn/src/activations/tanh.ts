// tanh: the hyperbolic tangent.

import { asTensor, type Tensor, type TensorLike } from '@treadle/tensor';
import { defineActivation, type KnownActivation } from './activation.ts';

/**
 * tanh x, element by element; from −1 to 1.
 *
 * @example
 * ```ts
 * import { activations } from 'treadle';
 * activations.tanh([0, 1]); // → [0, 0.761594]
 * ```
 */
export const tanh: KnownActivation<(x: TensorLike) => Tensor> = defineActivation(
  'tanh',
  { low: -1, high: 1 },
  (x: TensorLike) => asTensor(x).tanh(),
);
