// upSampling1d and upSampling2d: longer sequences and larger images, by repetition or interpolation.

import type { Interpolation, Pair } from '@treadle/tensor';
import { number, oneOf, pair } from '../../config/plain-types.ts';
import { checkCount } from '../../layer/check-count.ts';
import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import type { LayerOptions } from '../../layer/layer.ts';
import { layerTypes } from '../../layer/layer-options.ts';
import { checkOneOf, checkPair, imageAxes, sequenceAxes, windowParts } from '../convolution/window.ts';

/** Options of `upSampling2d`. */
export interface UpSampling2dOptions extends LayerOptions {
  /** 'nearest' repeats pixels, 'bilinear' interpolates between them; 'nearest' by default */
  readonly interpolation?: Interpolation | undefined;
}

const interpolations = ['nearest', 'bilinear'] as const;

/**
 * Larger images: [batch, rows, columns, channels] → [batch, rows·factor, columns·factor, channels]; both factors are 2 by default.
 * Throws RangeError for factors that are not whole numbers ≥ 1 and for an unknown interpolation.
 *
 * @example
 * ```ts
 * import { upSampling2d } from 'treadle';
 * upSampling2d([1, 2]).call([[[[5]]]]); // → [[[[5], [5]]]]
 * ```
 */
export const upSampling2d: LayerKind<[size?: Pair], UpSampling2dOptions> = defineLayer(
  {
    kind: 'upSampling2d',
    arguments: [['size', pair, 2]],
    options: { ...layerTypes, interpolation: oneOf(interpolations) },
  },
  (size, { interpolation = 'nearest' }) => {
    const [rows, columns] = checkPair('upSampling2d: size', size);
    const how = checkOneOf('upSampling2d: interpolation', interpolation, interpolations);
    return windowParts('upSampling2d', imageAxes, (x) =>
      x.resize([(x.shape[1] ?? 0) * rows, (x.shape[2] ?? 0) * columns], how),
    );
  },
);

/**
 * Each step several times: [batch, steps, channels] → [batch, steps·size, channels]; size is 2 by default. Throws RangeError unless it
 * is a whole number ≥ 1.
 *
 * @example
 * ```ts
 * import { upSampling1d } from 'treadle';
 * upSampling1d(2).call([[[1], [2]]]); // → [[[1], [1], [2], [2]]]
 * ```
 */
export const upSampling1d: LayerKind<[size?: number], LayerOptions> = defineLayer(
  { kind: 'upSampling1d', arguments: [['size', number, 2]], options: layerTypes },
  (size) => {
    checkCount('upSampling1d: size', size);
    return windowParts('upSampling1d', sequenceAxes, (x) =>
      x
        .expandDims(1)
        .resize([1, (x.shape[1] ?? 0) * size])
        .squeeze(1),
    );
  },
);
