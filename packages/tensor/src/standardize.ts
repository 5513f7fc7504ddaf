// Standardization over axes, which normalization layers are made of. It is one op because its gradient needs but two sums.

import { type Axes, ops } from '@treadle/graph';
import { nodeOf } from './operand.ts';
import { Tensor } from './tensor.ts';

/** Options of `standardize`. */
export interface StandardizeOptions {
  /** added to the variance; 0 by default */
  readonly epsilon?: number | undefined;
  /** the scale; it broadcasts to the shape of the mean; 1 by default */
  readonly gamma?: Tensor | undefined;
  /** the shift; it broadcasts to the shape of the mean; 0 by default */
  readonly beta?: Tensor | undefined;
}

/** The result of `standardize`: `values` has x's shape; in the others the reduced axes stay, with extent 1. */
export interface Standardized {
  readonly values: Tensor;
  readonly mean: Tensor;
  /** the mean squared distance from the mean */
  readonly variance: Tensor;
}

/**
 * (x − mean) / √(variance + epsilon) · gamma + beta, mean and variance over the axes, in float32.
 *
 * @throws ShapeError where gamma or beta does not broadcast to the shape of the mean.
 */
export function standardize(x: Tensor, axes: Axes, { epsilon, gamma, beta }: StandardizeOptions = {}): Standardized {
  const factors = { gamma: gamma && nodeOf(gamma), beta: beta && nodeOf(beta) };
  const [values, mean, variance] = ops.standardize(nodeOf(x), axes, { epsilon, ...factors });
  return { values: new Tensor(values), mean: new Tensor(mean), variance: new Tensor(variance) };
}
