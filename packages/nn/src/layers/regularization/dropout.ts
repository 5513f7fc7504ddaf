// dropout: sets elements to 0 at random while the model is trained, and scales the others so that the expectation stays
// (N. Srivastava et al., 2014).

import { checkNumber, randomUniform, type Shape, type Tensor } from '@treadle/tensor';
import { number } from '../../config/plain-types.ts';
import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import { keepMask } from '../../layer/mask.ts';
import { type SeedSource, seedSource } from '../../layer/seed-source.ts';
import { type RandomLayerOptions, randomLayerTypes } from './random-layer.ts';

/** Options of `dropout`. */
export type DropoutOptions = RandomLayerOptions;

/** Throws RangeError unless 0 ≤ rate < 1. */
export function checkRate(kind: string, rate: number): void {
  checkNumber(`${kind}: the rate`, rate);
  if (!(rate >= 0 && rate < 1))
    throw new RangeError(`${kind}: the rate must be at least 0 and less than 1; got ${rate}`);
}

/** x·mask / (1 − rate), where the mask is 0 with probability `rate` and has a shape that broadcasts to x. */
export function drop(x: Tensor, rate: number, source: SeedSource, maskShape: Shape = x.shape): Tensor {
  const isKept = randomUniform(maskShape, source).greaterEqual(rate);
  return isKept.where(x.mul(1 / (1 - rate)), 0);
}

/**
 * In training, each element is 0 with probability `rate` and otherwise divided by 1 − rate; in inference, x itself: [batch, …] →
 * [batch, …]. Throws RangeError unless 0 ≤ rate < 1, and for a seed that is not a whole number from 0 to 2³² − 1.
 *
 * @example
 * ```ts
 * import { dropout } from 'treadle';
 * dropout(0.5).call([[1, 2]]); // → [[1, 2]]
 * dropout(0.5, { seed: 1 }).call([[1, 1]], { training: true }).mul(0); // → [[0, 0]]
 * ```
 */
export const dropout: LayerKind<[rate: number], DropoutOptions> = defineLayer(
  { kind: 'dropout', arguments: [['rate', number]], options: randomLayerTypes },
  (rate, { seed }) => {
    checkRate('dropout', rate);
    const source = seedSource('dropout', seed);
    return {
      sources: [source],
      build: (shape) => shape,
      needs: () => [],
      call: (x, { training }) => (training && rate > 0 ? drop(x, rate, source) : x),
      outputMask: keepMask,
    };
  },
);
