// sigmoid: the logistic function.

import { asTensor, type Tensor, type TensorLike } from '@treadle/tensor';
import { defineActivation, type KnownActivation } from './activation.ts';

/**
 * 1 / (1 + e⁻ˣ), element by element; from 0 to 1.
 *
 * @example
 * ```ts
 * import { activations } from 'treadle';
 * activations.sigmoid([0]); // → [0.5]
 * ```
 */
export const sigmoid: KnownActivation<(x: TensorLike) => Tensor> = defineActivation(
  'sigmoid',
  { low: 0, high: 1 },
  (x: TensorLike) => asTensor(x).sigmoid(),
);
