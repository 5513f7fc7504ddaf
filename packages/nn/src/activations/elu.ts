// elu: the exponential linear unit.

import { asTensor, type Tensor, type TensorLike } from '@treadle/tensor';
import { defineActivation, type KnownActivation } from './activation.ts';

/**
 * x where x > 0, alpha·(eˣ − 1) elsewhere; alpha is 1 by default.
 *
 * @example
 * ```ts
 * import { activations } from 'treadle';
 * activations.elu([-1, 2]); // → [-0.632121, 2]
 * ```
 */
export const elu: KnownActivation<(x: TensorLike, alpha?: number) => Tensor> = defineActivation(
  'elu',
  { low: -1 },
  (given: TensorLike, alpha = 1) => {
    const x = asTensor(given);
    // the exponential sees no positive x, so that neither it nor its gradient overflows in the branch not taken
    return x.greater(0).where(x, x.minimum(0).expm1().mul(alpha));
  },
);
