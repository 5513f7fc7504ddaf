// glorotUniform and glorotNormal: variance 2 / (fanIn + fanOut), for activations that are symmetric around 0; the default of most layers (X. Glorot, Y. Bengio, 2010).

import { readOptions } from '@treadle/tensor';
import { type Initializer, type SeedOption, seedOption } from './initializer.ts';
import { varianceScaling } from './variance-scaling.ts';

/**
 * Uniform with variance 2 / (fanIn + fanOut): within ±√(6 / (fanIn + fanOut)). Throws RangeError for an option that does not exist.
 *
 * @example
 * ```ts
 * import { initializers } from 'treadle';
 * initializers.glorotUniform({ seed: 1 })([6, 6]).shape; // → [6, 6]
 * ```
 */
export function glorotUniform(seed: SeedOption = {}): Initializer {
  readOptions('glorotUniform', seed, seedOption);
  return varianceScaling({ mode: 'fanAvg', distribution: 'uniform', ...seed });
}

/**
 * Normal with variance 2 / (fanIn + fanOut), cut off at two standard deviations. Throws RangeError for an option that does not exist.
 *
 * @example
 * ```ts
 * import { initializers } from 'treadle';
 * initializers.glorotNormal({ seed: 1 })([6, 6]).shape; // → [6, 6]
 * ```
 */
export function glorotNormal(seed: SeedOption = {}): Initializer {
  readOptions('glorotNormal', seed, seedOption);
  return varianceScaling({ mode: 'fanAvg', ...seed });
}
