// randomNormal: normally distributed numbers.

import { randomNormal as normal, type OptionKinds, readOptions } from '@treadle/tensor';
import { type Initializer, type SeedOption, seedOption } from './initializer.ts';

/** Options of `normal`. */
export interface NormalOptions extends SeedOption {
  /** the mean; 0 by default */
  readonly mean?: number;
  /** the standard deviation; 0.05 by default */
  readonly stddev?: number;
}

export const normalOptions: OptionKinds<NormalOptions> = { mean: 'number', stddev: 'number', ...seedOption };

/**
 * Normally distributed numbers. Throws RangeError for an option that does not exist.
 *
 * @example
 * ```ts
 * import { initializers } from 'treadle';
 * initializers.randomNormal({ stddev: 0, mean: 2 })([2]); // → [2, 2]
 * ```
 */
export function randomNormal(options: NormalOptions = {}): Initializer {
  const { mean = 0, stddev = 0.05, ...seed } = readOptions('randomNormal', options, normalOptions);
  return (shape) => normal(shape, { mean, stddev, ...seed });
}
