// randomUniform: uniformly distributed numbers.

import { type OptionKinds, readOptions, randomUniform as uniform } from '@treadle/tensor';
import { type Initializer, type SeedOption, seedOption } from './initializer.ts';

/** Options of `uniform`. */
export interface UniformOptions extends SeedOption {
  /** the lower end, included; −0.05 by default */
  readonly min?: number;
  /** the upper end, excluded; 0.05 by default */
  readonly max?: number;
}

const uniformOptions: OptionKinds<UniformOptions> = { min: 'number', max: 'number', ...seedOption };

/**
 * Numbers that are uniform from min to max. Throws RangeError for an option that does not exist.
 *
 * @example
 * ```ts
 * import { initializers } from 'treadle';
 * initializers.randomUniform({ min: 0, max: 1, seed: 1 })([2, 3]).shape; // → [2, 3]
 * ```
 */
export function randomUniform(options: UniformOptions = {}): Initializer {
  const { min = -0.05, max = 0.05, ...seed } = readOptions('randomUniform', options, uniformOptions);
  return (shape) => uniform(shape, { min, max, ...seed });
}
