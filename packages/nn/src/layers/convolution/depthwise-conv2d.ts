// depthwiseConv2d: a convolution in which each channel has filters of its own.

import type { Pair } from '@treadle/tensor';
import type { OptionTypes } from '../../config/kind.ts';
import { number, pair } from '../../config/plain-types.ts';
import { checkCount } from '../../layer/check-count.ts';
import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import { convolutionParts, type ImageConvolutionOptions, imageConvolutionTypes, windowOptions } from './convolution.ts';
import { checkPair, imageAxes } from './window.ts';

/** Options of `depthwiseConv2d`. */
export interface DepthwiseConv2dOptions extends ImageConvolutionOptions {
  /** the number of filters of each channel; 1 by default */
  readonly depthMultiplier?: number | undefined;
}

export const depthwiseConv2dTypes: OptionTypes<DepthwiseConv2dOptions> = {
  ...imageConvolutionTypes,
  depthMultiplier: number,
};

/**
 * activation(x ⋆ kernel + bias), channel by channel: [batch, rows, columns, channels] → [batch, rows′, columns′,
 * channels·depthMultiplier]. Variables: kernel [...kernelSize, channels, depthMultiplier], bias. Throws RangeError for sizes that are
 * not whole numbers ≥ 1 and for unknown names.
 *
 * @example
 * ```ts
 * import { depthwiseConv2d } from 'treadle';
 * depthwiseConv2d([1, 2], { kernelInitializer: 'ones' }).call([[[[1, 10], [2, 20]]]]); // → [[[[3, 30]]]]
 * ```
 */
export const depthwiseConv2d: LayerKind<[kernelSize: Pair], DepthwiseConv2dOptions> = defineLayer(
  { kind: 'depthwiseConv2d', arguments: [['kernelSize', pair]], options: depthwiseConv2dTypes },
  (kernelSize, options) => {
    const size = checkPair('depthwiseConv2d: kernelSize', kernelSize);
    const windows = windowOptions('depthwiseConv2d', options);
    const multiplier = checkCount('depthwiseConv2d: depthMultiplier', options.depthMultiplier ?? 1);
    return convolutionParts(
      {
        kind: 'depthwiseConv2d',
        axes: imageAxes,
        kernels: (channels) => [['kernel', [...size, channels, multiplier]]],
        filters: (channels) => channels * multiplier,
        convolve: (x, kernel) => x.depthwiseConv2d(kernel, windows),
      },
      options,
    );
  },
);
