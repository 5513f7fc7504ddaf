// globalMaxPooling and globalAveragePooling: the largest element, or the mean, of each channel over all positions. Steps that a mask
// leaves out do not count; if it leaves out all, the result is 0.

import { type Tensor, where } from '@treadle/tensor';
import { flag } from '../../config/plain-types.ts';
import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import type { LayerOptions } from '../../layer/layer.ts';
import { layerTypes } from '../../layer/layer-options.ts';
import { type Mask, maskAlong } from '../../layer/mask.ts';
import { imageAxes, sequenceAxes, windowParts } from '../convolution/window.ts';

/** Options of `globalPooling`. */
export interface GlobalPoolingOptions extends LayerOptions {
  /** whether the pooled axes stay, with extent 1; false by default */
  readonly keepDims?: boolean | undefined;
}

function globalPooling(kind: string, how: 'max' | 'mean', isImage: boolean): LayerKind<[], GlobalPoolingOptions> {
  const definition = { kind, arguments: [], options: { ...layerTypes, keepDims: flag } } as const;
  return defineLayer(definition, ({ keepDims = false }: GlobalPoolingOptions) => {
    const pooled = isImage ? [1, 2] : [1];
    const over = { keepDims };
    const call = (x: Tensor, mask: Mask): Tensor => {
      if (isImage || !mask) return how === 'max' ? x.max(pooled, over) : x.mean(pooled, over);
      const valid = maskAlong(kind, mask, x);
      if (how === 'mean') {
        const count = valid.cast('float32').sum(pooled, over);
        return where(valid, x, 0).sum(pooled, over).div(count.maximum(1));
      }
      return where(valid.any(pooled, over), where(valid, x, Number.NEGATIVE_INFINITY).max(pooled, over), 0);
    };
    return windowParts(kind, isImage ? imageAxes : sequenceAxes, call);
  });
}

/**
 * The largest element over all valid steps: [batch, steps, channels] → [batch, channels]. Throws ShapeError for another number of axes.
 *
 * @example
 * ```ts
 * import { globalMaxPooling1d } from 'treadle';
 * globalMaxPooling1d().call([[[1], [3], [2]]]); // → [[3]]
 * ```
 */
export const globalMaxPooling1d: LayerKind<[], GlobalPoolingOptions> = globalPooling(
  'globalMaxPooling1d',
  'max',
  false,
);

/**
 * The mean over all valid steps: [batch, steps, channels] → [batch, channels]. Throws ShapeError for another number of axes.
 *
 * @example
 * ```ts
 * import { globalAveragePooling1d } from 'treadle';
 * globalAveragePooling1d().call([[[1], [3], [2]]]); // → [[2]]
 * ```
 */
export const globalAveragePooling1d: LayerKind<[], GlobalPoolingOptions> = globalPooling(
  'globalAveragePooling1d',
  'mean',
  false,
);

/**
 * The largest element over all pixels: [batch, rows, columns, channels] → [batch, channels]. Throws ShapeError for another number of
 * axes.
 *
 * @example
 * ```ts
 * import { globalMaxPooling2d } from 'treadle';
 * globalMaxPooling2d().call([[[[1], [2]], [[3], [4]]]]); // → [[4]]
 * ```
 */
export const globalMaxPooling2d: LayerKind<[], GlobalPoolingOptions> = globalPooling('globalMaxPooling2d', 'max', true);

/**
 * The mean over all pixels: [batch, rows, columns, channels] → [batch, channels]. Throws ShapeError for another number of axes.
 *
 * @example
 * ```ts
 * import { globalAveragePooling2d } from 'treadle';
 * globalAveragePooling2d().call([[[[1], [2]], [[3], [4]]]]); // → [[2.5]]
 * ```
 */
export const globalAveragePooling2d: LayerKind<[], GlobalPoolingOptions> = globalPooling(
  'globalAveragePooling2d',
  'mean',
  true,
);
