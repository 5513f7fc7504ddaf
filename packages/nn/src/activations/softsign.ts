// softsign: a sigmoid-like function without an exponential.

import { asTensor, type Tensor, type TensorLike } from '@treadle/tensor';
import { defineActivation, type KnownActivation } from './activation.ts';

/**
 * x / (1 + |x|), element by element; from −1 to 1.
 *
 * @example
 * ```ts
 * import { activations } from 'treadle';
 * activations.softsign([-1, 3]); // → [-0.5, 0.75]
 * ```
 */
export const softsign: KnownActivation<(x: TensorLike) => Tensor> = defineActivation(
  'softsign',
  { low: -1, high: 1 },
  (given: TensorLike) => {
    const x = asTensor(given);
    return x.div(x.abs().add(1));
  },
);
