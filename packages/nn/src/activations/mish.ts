// mish: a smooth activation that is not monotonic (D. Misra, 2019).

import { asTensor, type Tensor, type TensorLike } from '@treadle/tensor';
import { defineActivation, type KnownActivation } from './activation.ts';

/**
 * x·tanh(ln(1 + eˣ)), element by element.
 *
 * @example
 * ```ts
 * import { activations } from 'treadle';
 * activations.mish([0, 1]); // → [0, 0.865098]
 * ```
 */
export const mish: KnownActivation<(x: TensorLike) => Tensor> = defineActivation(
  'mish',
  { low: -0.31 },
  (given: TensorLike) => {
    const x = asTensor(given);
    return x.softplus().tanh().mul(x);
  },
);
