// lecunUniform and lecunNormal: variance 1 / fanIn, for selu (Y. LeCun et al., 1998).

import { readOptions } from '@treadle/tensor';
import { type Initializer, type SeedOption, seedOption } from './initializer.ts';
import { varianceScaling } from './variance-scaling.ts';

/**
 * Uniform with variance 1 / fanIn: within ±√(3 / fanIn). Throws RangeError for an option that does not exist.
 *
 * @example
 * ```ts
 * import { initializers } from 'treadle';
 * initializers.lecunUniform({ seed: 1 })([6, 6]).shape; // → [6, 6]
 * ```
 */
export function lecunUniform(seed: SeedOption = {}): Initializer {
  readOptions('lecunUniform', seed, seedOption);
  return varianceScaling({ distribution: 'uniform', ...seed });
}

/**
 * Normal with variance 1 / fanIn, cut off at two standard deviations. Throws RangeError for an option that does not exist.
 *
 * @example
 * ```ts
 * import { initializers } from 'treadle';
 * initializers.lecunNormal({ seed: 1 })([6, 6]).shape; // → [6, 6]
 * ```
 */
export function lecunNormal(seed: SeedOption = {}): Initializer {
  readOptions('lecunNormal', seed, seedOption);
  return varianceScaling({ ...seed });
}
