// gelu: the Gaussian error linear unit, exact and with the approximation by tanh.

import { asTensor, type OptionKinds, readOptions, type Tensor, type TensorLike } from '@treadle/tensor';
import { defineActivation, type KnownActivation } from './activation.ts';

/** Options of `gelu`. */
export interface GeluOptions {
  /** whether Φ is approximated by tanh; false by default */
  readonly approximate?: boolean;
}

const geluOptions: OptionKinds<GeluOptions> = { approximate: 'boolean' };

/**
 * x·Φ(x), where Φ is the distribution function of the standard normal; approximately x·½(1 + tanh(√(2/π)·(x + 0.044715·x³))). Both
 * are accurate where results are small: Φ(x) = ½·erfc(−x/√2), and ½(1 + tanh z) = σ(2z).
 *
 * @example
 * ```ts
 * import { activations } from 'treadle';
 * activations.gelu([0, 1]); // → [0, 0.841345]
 * activations.gelu([1], { approximate: true }); // → [0.841192]
 * ```
 */
export const gelu: KnownActivation<(x: TensorLike, options?: GeluOptions) => Tensor> = defineActivation(
  'gelu',
  { low: -0.18 },
  (given: TensorLike, options: GeluOptions = {}) => {
    const x = asTensor(given);
    const { approximate = false } = readOptions('gelu', options, geluOptions);
    if (!approximate) return x.mul(-Math.SQRT1_2).erfc().mul(0.5).mul(x);
    const cubic = x.square().mul(0.044715).add(1).mul(x);
    return cubic
      .mul(2 * Math.sqrt(2 / Math.PI))
      .sigmoid()
      .mul(x);
  },
);

/**
 * gelu with the approximation by tanh, so that it has a name.
 *
 * @example
 * ```ts
 * import { activations } from 'treadle';
 * activations.geluTanh([1]); // → [0.841192]
 * ```
 */
export const geluTanh: KnownActivation<(x: TensorLike) => Tensor> = defineActivation(
  'geluTanh',
  { low: -0.18 },
  (x: TensorLike) => gelu(x, { approximate: true }),
);
