// softmax: exponentials that add up to 1.

import { asTensor, type Tensor, type TensorLike } from '@treadle/tensor';
import { defineActivation, type KnownActivation } from './activation.ts';

/**
 * eˣ / Σ eˣ along an axis, the last by default; the shape of x.
 *
 * @example
 * ```ts
 * import { activations } from 'treadle';
 * activations.softmax([[1, 1]]); // → [[0.5, 0.5]]
 * ```
 */
export const softmax: KnownActivation<(x: TensorLike, axis?: number) => Tensor> = defineActivation(
  'softmax',
  { low: 0, high: 1, isDistribution: true },
  (x: TensorLike, axis = -1) => asTensor(x).softmax(axis),
);
