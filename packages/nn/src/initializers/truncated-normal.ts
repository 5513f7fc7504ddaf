// truncatedNormal: normally distributed numbers without those beyond two standard deviations, drawn by the inverse of the
// distribution function. One uniform number makes one result, so that no number is drawn twice.

import { full, readOptions, type Shape, type Tensor, randomUniform as uniform } from '@treadle/tensor';
import type { Initializer, SeedOption } from './initializer.ts';
import { type NormalOptions, normalOptions } from './random-normal.ts';

/**
 * Normally distributed numbers within two standard deviations of the mean. `stddev` is the standard deviation before the cut, as in
 * Keras. Throws RangeError for an option that does not exist.
 *
 * @example
 * ```ts
 * import { initializers } from 'treadle';
 * initializers.truncatedNormal({ stddev: 1, seed: 1 })([100]).abs().max().item() <= 2; // → true
 * ```
 */
export function truncatedNormal(options: NormalOptions = {}): Initializer {
  const { mean = 0, stddev = 0.05, ...seed } = readOptions('truncatedNormal', options, normalOptions);
  return (shape) => standardTruncated(shape, seed).mul(stddev).add(mean);
}

/** erf √2: the share of the normal distribution within two standard deviations. */
const withinTwo = 0.9544997361036416;

/** The standard normal distribution cut off at ±2: √2·erf⁻¹(x) for x uniform within ±erf √2. */
export function standardTruncated(shape: Shape, seed: SeedOption): Tensor {
  const x = uniform(shape, { min: -withinTwo, max: withinTwo, ...seed });
  return inverseErf(x).mul(Math.SQRT2);
}

/** M. Giles, Approximating the erfinv function, 2011: the central polynomial in −ln(1 − x²) − 2.5, highest power first. */
const coefficients = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164,
  0.246640727, 1.50140941,
] as const;

/** erf⁻¹(x) for |x| ≤ 0.9966, relative error below 6·10⁻⁷. */
function inverseErf(x: Tensor): Tensor {
  const w = x.neg().add(1).mul(x.add(1)).log().neg().sub(2.5); // −ln((1 − x)(1 + x)) − 2.5
  const [highest, ...rest] = coefficients;
  const polynomial = rest.reduce((sum: Tensor, c) => sum.mul(w).add(c), full(x.shape, highest));
  return polynomial.mul(x);
}
