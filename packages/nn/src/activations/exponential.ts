// exponential: the exponential function.

import { asTensor, type Tensor, type TensorLike } from '@treadle/tensor';
import { defineActivation, type KnownActivation } from './activation.ts';

/**
 * eˣ, element by element.
 *
 * @example
 * ```ts
 * import { activations } from 'treadle';
 * activations.exponential([0, 1]); // → [1, 2.71828]
 * ```
 */
export const exponential: KnownActivation<(x: TensorLike) => Tensor> = defineActivation(
  'exponential',
  { low: 0 },
  (x: TensorLike) => asTensor(x).exp(),
);
