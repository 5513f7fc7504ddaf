// leakyRelu: a rectified linear unit that keeps a small slope below 0.

import { asTensor, type Tensor, type TensorLike } from '@treadle/tensor';
import { defineActivation, type KnownActivation } from './activation.ts';

/**
 * x where x > 0, slope·x elsewhere. The slope is 0.2 by default, as in Keras 3.
 *
 * @example
 * ```ts
 * import { activations } from 'treadle';
 * activations.leakyRelu([-1, 2]); // → [-0.2, 2]
 * ```
 */
export const leakyRelu: KnownActivation<(x: TensorLike, slope?: number) => Tensor> = defineActivation(
  'leakyRelu',
  {},
  (given: TensorLike, slope = 0.2) => {
    const x = asTensor(given);
    return x.greater(0).where(x, x.mul(slope));
  },
);
