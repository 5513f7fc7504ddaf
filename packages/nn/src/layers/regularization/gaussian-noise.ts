// gaussianNoise: adds normally distributed numbers while the model is trained.

import { randomNormal } from '@treadle/tensor';
import { checkedNumber } from '../../config/plain-types.ts';
import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import { keepMask } from '../../layer/mask.ts';
import { seedSource } from '../../layer/seed-source.ts';
import { type RandomLayerOptions, randomLayerTypes } from './random-layer.ts';

/**
 * In training, x plus normally distributed numbers with mean 0; in inference, x itself: [batch, …] → [batch, …]. Throws RangeError for
 * a stddev below 0 and for a seed that is not a whole number from 0 to 2³² − 1.
 *
 * @example
 * ```ts
 * import { gaussianNoise } from 'treadle';
 * gaussianNoise(0.1).call([[1, 2]]); // → [[1, 2]]
 * ```
 */
export const gaussianNoise: LayerKind<[stddev: number], RandomLayerOptions> = defineLayer(
  { kind: 'gaussianNoise', arguments: [['stddev', checkedNumber]], options: randomLayerTypes },
  (stddev, { seed }) => {
    if (!(stddev >= 0)) throw new RangeError(`gaussianNoise: stddev must be a number ≥ 0; got ${stddev}`);
    const source = seedSource('gaussianNoise', seed);
    return {
      sources: [source],
      build: (shape) => shape,
      needs: () => [],
      call: (x, { training }) => (training && stddev > 0 ? x.add(randomNormal(x.shape, { stddev, ...source })) : x),
      outputMask: keepMask,
    };
  },
);
