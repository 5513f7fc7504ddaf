// swish: x times its sigmoid (P. Ramachandran et al., 2017); also called silu.

import { asTensor, type Tensor, type TensorLike } from '@treadle/tensor';
import { defineActivation, type KnownActivation } from './activation.ts';

/**
 * x·σ(x), element by element.
 *
 * @example
 * ```ts
 * import { activations } from 'treadle';
 * activations.swish([0, 1]); // → [0, 0.731059]
 * ```
 */
export const swish: KnownActivation<(x: TensorLike) => Tensor> = defineActivation(
  'swish',
  { low: -0.28 },
  (given: TensorLike) => {
    const x = asTensor(given);
    return x.mul(x.sigmoid());
  },
);
