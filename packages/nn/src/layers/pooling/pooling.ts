// Pooling layers: the largest element, or the mean, of every window of every channel.

import type { OptionKinds, Pair, PoolOptions, Tensor } from '@treadle/tensor';
import type { LayerFunction } from '../../layer/callable.ts';
import type { LayerOptions } from '../../layer/layer.ts';
import { layerOptions, readLayerOptions } from '../../layer/layer-options.ts';
import { countFor, imageAxes, oneOf, pairFor, plainLayer, sequenceAxes } from '../convolution/window-layer.ts';

export interface Pooling1dOptions extends LayerOptions {
  /** the size of the window by default */
  readonly strides?: number | undefined;
  /** 'valid' by default */
  readonly padding?: 'valid' | 'same' | undefined;
}

const pooling1dOptions: OptionKinds<Pooling1dOptions> = {
  ...layerOptions,
  strides: 'number',
  padding: 'any',
};

export interface Pooling2dOptions extends LayerOptions {
  /** the size of the window by default */
  readonly strides?: Pair | undefined;
  /** 'valid' by default */
  readonly padding?: 'valid' | 'same' | undefined;
}

const pooling2dOptions: OptionKinds<Pooling2dOptions> = {
  ...layerOptions,
  strides: 'any',
  padding: 'any',
};

type Pool = (x: Tensor, size: Pair, options: PoolOptions) => Tensor;
const largest: Pool = (x, size, options) => x.maxPool2d(size, options);
const mean: Pool = (x, size, options) => x.averagePool2d(size, options);

function pooling2d(kind: string, pool: Pool, poolSize: Pair, options: Pooling2dOptions): LayerFunction {
  readLayerOptions(kind, options, pooling2dOptions);
  const size = pairFor(`${kind}: poolSize`, poolSize);
  const strides = pairFor(`${kind}: strides`, options.strides ?? size);
  const padding = oneOf(`${kind}: padding`, options.padding ?? 'valid', ['valid', 'same']);
  const call = (x: Tensor): Tensor => pool(x, size, { strides, padding });
  return plainLayer({ kind, axes: imageAxes, options, config: { poolSize }, call });
}

/** A sequence is an image of one row. */
function pooling1d(kind: string, pool: Pool, poolSize: number, options: Pooling1dOptions): LayerFunction {
  readLayerOptions(kind, options, pooling1dOptions);
  const size = countFor(`${kind}: poolSize`, poolSize);
  const strides = countFor(`${kind}: strides`, options.strides ?? size);
  const padding = oneOf(`${kind}: padding`, options.padding ?? 'valid', ['valid', 'same']);
  const call = (x: Tensor): Tensor => pool(x.expandDims(1), [1, size], { strides: [1, strides], padding }).squeeze(1);
  return plainLayer({ kind, axes: sequenceAxes, options, config: { poolSize }, call });
}

/** The largest of every window: [batch, rows, columns, channels] → [batch, rows′, columns′, channels]; windows of 2 × 2 by default. */
export function maxPooling2d(poolSize: Pair = 2, options: Pooling2dOptions = {}): LayerFunction {
  return pooling2d('maxPooling2d', largest, poolSize, options);
}

/** The mean of every window, over the elements that are there; windows of 2 × 2 by default. */
export function averagePooling2d(poolSize: Pair = 2, options: Pooling2dOptions = {}): LayerFunction {
  return pooling2d('averagePooling2d', mean, poolSize, options);
}

/** The largest of every window: [batch, steps, channels] → [batch, steps′, channels]; windows of 2 by default. */
export function maxPooling1d(poolSize = 2, options: Pooling1dOptions = {}): LayerFunction {
  return pooling1d('maxPooling1d', largest, poolSize, options);
}

/** The mean of every window, over the elements that are there; windows of 2 by default. */
export function averagePooling1d(poolSize = 2, options: Pooling1dOptions = {}): LayerFunction {
  return pooling1d('averagePooling1d', mean, poolSize, options);
}
