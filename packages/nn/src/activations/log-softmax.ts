// logSoftmax: the logarithm of the softmax.

import { asTensor, type Tensor, type TensorLike } from '@treadle/tensor';
import { defineActivation, type KnownActivation } from './activation.ts';

/**
 * x − ln Σ eˣ along an axis, the last by default; the shape of x.
 *
 * @example
 * ```ts
 * import { activations } from 'treadle';
 * activations.logSoftmax([[1, 1]]); // → [[-0.693147, -0.693147]]
 * ```
 */
export const logSoftmax: KnownActivation<(x: TensorLike, axis?: number) => Tensor> = defineActivation(
  'logSoftmax',
  { high: 0 },
  (x: TensorLike, axis = -1) => asTensor(x).logSoftmax(axis),
);
