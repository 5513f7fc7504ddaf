// Layers that make images and sequences larger by whole factors.

import type { Interpolation, OptionKinds, Pair } from '@treadle/tensor';
import type { LayerFunction } from '../../layer/callable.ts';
import type { LayerOptions } from '../../layer/layer.ts';
import { layerOptions, readLayerOptions } from '../../layer/layer-options.ts';
import { countFor, imageAxes, oneOf, pairFor, plainLayer, sequenceAxes } from '../convolution/window-layer.ts';

export interface UpSampling2dOptions extends LayerOptions {
  /** 'nearest' by default */
  readonly interpolation?: Interpolation | undefined;
}

const upSampling2dOptions: OptionKinds<UpSampling2dOptions> = {
  ...layerOptions,
  interpolation: 'any',
};

/** [batch, rows, columns, channels] → [batch, rows · factor, columns · factor, channels]; factors of 2 by default. */
export function upSampling2d(size: Pair = 2, options: UpSampling2dOptions = {}): LayerFunction {
  readLayerOptions('upSampling2d', options, upSampling2dOptions);
  const [rows, columns] = pairFor('upSampling2d: size', size);
  const how = oneOf('upSampling2d: interpolation', options.interpolation ?? 'nearest', ['nearest', 'bilinear']);
  return plainLayer({
    kind: 'upSampling2d',
    axes: imageAxes,
    options,
    config: { size },
    call: (x) => x.resize([(x.shape[1] ?? 0) * rows, (x.shape[2] ?? 0) * columns], how),
  });
}

/** Every step `size` times in a row: [batch, steps, channels] → [batch, steps · size, channels]; 2 by default. */
export function upSampling1d(size = 2, options: LayerOptions = {}): LayerFunction {
  readLayerOptions('upSampling1d', options, layerOptions);
  const factor = countFor('upSampling1d: size', size);
  return plainLayer({
    kind: 'upSampling1d',
    axes: sequenceAxes,
    options,
    config: { size },
    call: (x) =>
      x
        .expandDims(1)
        .resize([1, (x.shape[1] ?? 0) * factor])
        .squeeze(1),
  });
}
