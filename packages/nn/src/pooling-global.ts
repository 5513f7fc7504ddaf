// Global pooling layers: of every channel, the largest element or the mean over all positions.

import type { OptionKinds, Tensor } from '@treadle/tensor';
import type { LayerFunction } from './callable.ts';
import type { LayerOptions } from './layer.ts';
import { layerOptions, readLayerOptions } from './layer-options.ts';
import { imageAxes, plainLayer, sequenceAxes } from './window-layer.ts';

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
  const call = (x: Tensor): Tensor => (how === 'max' ? x.max(pooled, { keepDims }) : x.mean(pooled, { keepDims }));
  return plainLayer({ kind, axes: isImage ? imageAxes : sequenceAxes, options, config: {}, call });
}

/** The largest over all steps: [batch, steps, channels] → [batch, channels]. */
export function globalMaxPooling1d(options: GlobalPoolingOptions = {}): LayerFunction {
  return global('globalMaxPooling1d', 'max', false, options);
}

/** The mean over all steps: [batch, steps, channels] → [batch, channels]. */
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
