// separableConv2d: a depthwise convolution whose results are then mixed pixel by pixel.

import type { Pair } from '@treadle/tensor';
import { count, pair } from '../../config/plain-types.ts';
import { checkCount } from '../../layer/check-count.ts';
import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import { convolutionParts, windowOptions } from './convolution.ts';
import { type DepthwiseConv2dOptions, depthwiseConv2dTypes } from './depthwise-conv2d.ts';
import { checkPair, imageAxes } from './window.ts';

/** Options of `separableConv2d`. */
export type SeparableConv2dOptions = DepthwiseConv2dOptions;

/**
 * A depthwise convolution, then one of windows of 1 × 1: [batch, rows, columns, channels] → [batch, rows′, columns′, filters].
 * Variables: depthwiseKernel [...kernelSize, channels, depthMultiplier], pointwiseKernel [1, 1, channels·depthMultiplier, filters],
 * bias [filters]. Throws RangeError for sizes that are not whole numbers ≥ 1 and for unknown names.
 *
 * @example
 * ```ts
 * import { separableConv2d } from 'treadle';
 * separableConv2d(1, [1, 2], { kernelInitializer: 'ones' }).call([[[[1, 10], [2, 20]]]]); // → [[[[33]]]]
 * ```
 */
export const separableConv2d: LayerKind<[filters: number, kernelSize: Pair], SeparableConv2dOptions> = defineLayer(
  {
    kind: 'separableConv2d',
    arguments: [
      ['filters', count],
      ['kernelSize', pair],
    ],
    options: depthwiseConv2dTypes,
  },
  (filters, kernelSize, options) => {
    const size = checkPair('separableConv2d: kernelSize', kernelSize);
    const windows = windowOptions('separableConv2d', options);
    const multiplier = checkCount('separableConv2d: depthMultiplier', options.depthMultiplier ?? 1);
    return convolutionParts(
      {
        kind: 'separableConv2d',
        axes: imageAxes,
        kernels: (channels) => [
          ['depthwiseKernel', [...size, channels, multiplier]],
          ['pointwiseKernel', [1, 1, channels * multiplier, filters]],
        ],
        filters: () => filters,
        convolve: (x, depthwise, pointwise) => x.depthwiseConv2d(depthwise, windows).conv2d(pointwise),
      },
      options,
    );
  },
);
