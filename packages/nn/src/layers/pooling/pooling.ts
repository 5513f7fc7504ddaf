// maxPooling and averagePooling: the largest element, or the mean, of each window of each channel.

import type { Pair, PoolOptions, Tensor } from '@treadle/tensor';
import { number, oneOf, pair } from '../../config/plain-types.ts';
import { checkCount } from '../../layer/check-count.ts';
import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import type { LayerOptions } from '../../layer/layer.ts';
import { layerTypes } from '../../layer/layer-options.ts';
import { checkOneOf, checkPair, imageAxes, paddings, sequenceAxes, windowParts } from '../convolution/window.ts';

/** Options of `pooling1d`. */
export interface Pooling1dOptions extends LayerOptions {
  /** the distance from a window to the next; the size of the window by default */
  readonly strides?: number | undefined;
  /** 'same' also takes windows that reach beyond the ends; 'valid' by default */
  readonly padding?: 'valid' | 'same' | undefined;
}

/** Options of `pooling2d`. */
export interface Pooling2dOptions extends LayerOptions {
  /** the distance from a window to the next: one number or [rows, columns]; the size of the window by default */
  readonly strides?: Pair | undefined;
  /** 'same' also takes windows that reach beyond the edges; 'valid' by default */
  readonly padding?: 'valid' | 'same' | undefined;
}

type Pool = (x: Tensor, size: Pair, options: PoolOptions) => Tensor;
const largest: Pool = (x, size, options) => x.maxPool2d(size, options);
const mean: Pool = (x, size, options) => x.averagePool2d(size, options);

function pooling2d(kind: string, pool: Pool): LayerKind<[poolSize?: Pair], Pooling2dOptions> {
  return defineLayer(
    {
      kind,
      arguments: [['poolSize', pair, 2]],
      options: { ...layerTypes, strides: pair, padding: oneOf(paddings) },
    },
    (poolSize, options) => {
      const size = checkPair(`${kind}: poolSize`, poolSize);
      const strides = checkPair(`${kind}: strides`, options.strides ?? size);
      const padding = checkOneOf(`${kind}: padding`, options.padding ?? 'valid', paddings);
      return windowParts(kind, imageAxes, (x) => pool(x, size, { strides, padding }));
    },
  );
}

/** A sequence is pooled as an image of one row. */
function pooling1d(kind: string, pool: Pool): LayerKind<[poolSize?: number], Pooling1dOptions> {
  return defineLayer(
    {
      kind,
      arguments: [['poolSize', number, 2]],
      options: { ...layerTypes, strides: number, padding: oneOf(paddings) },
    },
    (poolSize, options) => {
      checkCount(`${kind}: poolSize`, poolSize);
      const strides = checkCount(`${kind}: strides`, options.strides ?? poolSize);
      const padding = checkOneOf(`${kind}: padding`, options.padding ?? 'valid', paddings);
      return windowParts(kind, sequenceAxes, (x) =>
        pool(x.expandDims(1), [1, poolSize], { strides: [1, strides], padding }).squeeze(1),
      );
    },
  );
}

/**
 * The largest element of each window: [batch, rows, columns, channels] → [batch, rows′, columns′, channels]; windows of 2 × 2 by
 * default. Throws RangeError for sizes that are not whole numbers ≥ 1.
 *
 * @example
 * ```ts
 * import { maxPooling2d } from 'treadle';
 * maxPooling2d().call([[[[1], [2]], [[3], [4]]]]); // → [[[[4]]]]
 * ```
 */
export const maxPooling2d: LayerKind<[poolSize?: Pair], Pooling2dOptions> = pooling2d('maxPooling2d', largest);

/**
 * The mean of each window: [batch, rows, columns, channels] → [batch, rows′, columns′, channels]; windows of 2 × 2 by default. Elements
 * of padding do not count. Throws RangeError for sizes that are not whole numbers ≥ 1.
 *
 * @example
 * ```ts
 * import { averagePooling2d } from 'treadle';
 * averagePooling2d().call([[[[1], [2]], [[3], [4]]]]); // → [[[[2.5]]]]
 * ```
 */
export const averagePooling2d: LayerKind<[poolSize?: Pair], Pooling2dOptions> = pooling2d('averagePooling2d', mean);

/**
 * The largest element of each window: [batch, steps, channels] → [batch, steps′, channels]; windows of 2 steps by default. Throws
 * RangeError for sizes that are not whole numbers ≥ 1.
 *
 * @example
 * ```ts
 * import { maxPooling1d } from 'treadle';
 * maxPooling1d().call([[[1], [2], [3], [4]]]); // → [[[2], [4]]]
 * ```
 */
export const maxPooling1d: LayerKind<[poolSize?: number], Pooling1dOptions> = pooling1d('maxPooling1d', largest);

/**
 * The mean of each window: [batch, steps, channels] → [batch, steps′, channels]; windows of 2 steps by default. Elements of padding do
 * not count. Throws RangeError for sizes that are not whole numbers ≥ 1.
 *
 * @example
 * ```ts
 * import { averagePooling1d } from 'treadle';
 * averagePooling1d().call([[[1], [2], [3], [4]]]); // → [[[1.5], [3.5]]]
 * ```
 */
export const averagePooling1d: LayerKind<[poolSize?: number], Pooling1dOptions> = pooling1d('averagePooling1d', mean);
