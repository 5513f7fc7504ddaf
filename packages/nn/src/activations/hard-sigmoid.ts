// hardSigmoid: a piecewise linear sigmoid.

import { asTensor, type Tensor, type TensorLike } from '@treadle/tensor';
import { defineActivation, type KnownActivation } from './activation.ts';
import { relu6 } from './relu6.ts';

/**
 * min(max(x + 3, 0), 6) / 6, element by element, as in Keras 3.
 *
 * @example
 * ```ts
 * import { activations } from 'treadle';
 * activations.hardSigmoid([-3, 0, 3]); // → [0, 0.5, 1]
 * ```
 */
export const hardSigmoid: KnownActivation<(x: TensorLike) => Tensor> = defineActivation(
  'hardSigmoid',
  { low: 0, high: 1 },
  (x: TensorLike) => relu6(asTensor(x).add(3)).mul(1 / 6),
);
