// Seeds of layers that draw random numbers: a layer with a seed draws its own sequence, others draw from the sequence that setSeed
// starts.

import type { Seed } from '@treadle/tensor';
import type { OptionTypes } from '../../config/kind.ts';
import { number } from '../../config/plain-types.ts';
import type { LayerOptions } from '../../layer/layer.ts';
import { layerTypes } from '../../layer/layer-options.ts';

/** Options of `randomLayer`. */
export interface RandomLayerOptions extends LayerOptions {
  /** makes the random numbers depend on this seed and on the number of calls alone; by default they follow setSeed */
  readonly seed?: number | undefined;
}

export const randomLayerTypes: OptionTypes<RandomLayerOptions> = { ...layerTypes, seed: number };

/** The options of randomUniform and randomNormal that say where numbers come from. */
export interface SeedSource {
  readonly seed?: Seed;
}

/** The random numbers of a layer with that seed. Throws RangeError for a seed that is not a whole number from 0 to 2³² − 1. */
export function seedSource(kind: string, seed: number | undefined): SeedSource {
  if (seed === undefined) return {};
  if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)) {
    throw new RangeError(`${kind}: a seed must be a whole number from 0 to 2³² − 1; got ${seed}`);
  }
  return { seed: seedSequence(seed) };
}

/** Another seed for each call: the first seed plus multiples of the golden ratio's fraction of 2³². */
function seedSequence(first: number): Seed {
  let drawn = 0;
  return () => (first + Math.imul(drawn++, 0x9e3779b9)) >>> 0;
}
