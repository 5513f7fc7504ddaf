// softplus: a smooth rectified linear unit.

import { asTensor, type Tensor, type TensorLike } from '@treadle/tensor';
import { defineActivation, type KnownActivation } from './activation.ts';

/**
 * ln(1 + eˣ), element by element; above 0.
 *
 * @example
 * ```ts
 * import { activations } from 'treadle';
 * activations.softplus([0]); // → [0.693147]
 * ```
 */
export const softplus: KnownActivation<(x: TensorLike) => Tensor> = defineActivation(
  'softplus',
  { low: 0 },
  (x: TensorLike) => asTensor(x).softplus(),
);
