// Global pooling layers: of every channel, the largest element or the mean over all positions. Steps that a mask leaves out are
// no positions; where it leaves out all, the result is 0.

import { type OptionKinds, type Tensor, where } from '@treadle/tensor';
import type { LayerFunction } from '../../layer/callable.ts';
import { type LayerOptions, type Mask, maskAlong } from '../../layer/layer.ts';
import { layerOptions, readLayerOptions } from '../../layer/layer-options.ts';
import { imageAxes, plainLayer, sequenceAxes } from '../convolution/window-layer.ts';

export interface GlobalPoolingOptions extends LayerOptions {
  /** keep the axes that are pooled, with extent 1 */
  readonly keepDims?: boolean | undefined;
}

const globalPoolingOptions: OptionKinds<GlobalPoolingOptions> = {
  ...layerOptions,
  keepDims: 'boolean',
};

function global(kind: string, how: 'max' | 'mean', isImage: boolean, options: GlobalPoolingOptions): LayerFunction {
  const pooled = isImage ? [1, 2] : [1];
  const { keepDims = false } = readLayerOptions(kind, options, globalPoolingOptions);
  const over = { keepDims };
  const call = (x: Tensor, mask: Mask): Tensor => {
    if (isImage || !mask) return how === 'max' ? x.max(pooled, over) : x.mean(pooled, over);
    const counted = maskAlong(kind, mask, x);
    if (how === 'mean') {
      const count = counted.cast('float32').sum(pooled, over);
      return where(counted, x, 0).sum(pooled, over).div(count.maximum(1));
    }
    return where(counted.any(pooled, over), where(counted, x, Number.NEGATIVE_INFINITY).max(pooled, over), 0);
  };
  return plainLayer({ kind, axes: isImage ? imageAxes : sequenceAxes, options, config: {}, call });
}

/** The largest over all steps that count: [batch, steps, channels] → [batch, channels]. */
export function globalMaxPooling1d(options: GlobalPoolingOptions = {}): LayerFunction {
  return global('globalMaxPooling1d', 'max', false, options);
}

/** The mean over all steps that count: [batch, steps, channels] → [batch, channels]. */
export function globalAveragePooling1d(options: GlobalPoolingOptions = {}): LayerFunction {
  return global('globalAveragePooling1d', 'mean', false, options);
}

/** The largest over all pixels: [batch, rows, columns, channels] → [batch, channels]. */
export function globalMaxPooling2d(options: GlobalPoolingOptions = {}): LayerFunction {
  return global('globalMaxPooling2d', 'max', true, options);
}

/** The mean over all pixels: [batch, rows, columns, channels] → [batch, channels]. */
export function globalAveragePooling2d(options: GlobalPoolingOptions = {}): LayerFunction {
  return global('globalAveragePooling2d', 'mean', true, options);
}
