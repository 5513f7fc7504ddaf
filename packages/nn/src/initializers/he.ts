// heUniform and heNormal: variance 2 / fanIn, for relu and its relatives (K. He et al., 2015).

import { readOptions } from '@treadle/tensor';
import { type Initializer, type SeedOption, seedOption } from './initializer.ts';
import { varianceScaling } from './variance-scaling.ts';

/**
 * Uniform with variance 2 / fanIn: within ±√(6 / fanIn). Throws RangeError for an option that does not exist.
 *
 * @example
 * ```ts
 * import { initializers } from 'treadle';
 * initializers.heUniform({ seed: 1 })([6, 6]).shape; // → [6, 6]
 * ```
 */
export function heUniform(seed: SeedOption = {}): Initializer {
  readOptions('heUniform', seed, seedOption);
  return varianceScaling({ scale: 2, distribution: 'uniform', ...seed });
}

/**
 * Normal with variance 2 / fanIn, cut off at two standard deviations. Throws RangeError for an option that does not exist.
 *
 * @example
 * ```ts
 * import { initializers } from 'treadle';
 * initializers.heNormal({ seed: 1 })([6, 6]).shape; // → [6, 6]
 * ```
 */
export function heNormal(seed: SeedOption = {}): Initializer {
  readOptions('heNormal', seed, seedOption);
  return varianceScaling({ scale: 2, ...seed });
}
