// The options of layers that draw random numbers.

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
