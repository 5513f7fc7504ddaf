// selu: an elu with factors that keep mean 0 and variance 1 (G. Klambauer et al., Self-Normalizing Neural Networks, 2017).

import { asTensor, type Tensor, type TensorLike } from '@treadle/tensor';
import { defineActivation, type KnownActivation } from './activation.ts';
import { elu } from './elu.ts';

const alpha = 1.6732632423543772;
const scale = 1.0507009873554805;

/**
 * 1.0507·x where x > 0, 1.0507·1.6733·(eˣ − 1) elsewhere.
 *
 * @example
 * ```ts
 * import { activations } from 'treadle';
 * activations.selu([-1, 2]); // → [-1.11133, 2.1014]
 * ```
 */
export const selu: KnownActivation<(x: TensorLike) => Tensor> = defineActivation(
  'selu',
  { low: -1.76 },
  (x: TensorLike) => elu(asTensor(x), alpha).mul(scale),
);
