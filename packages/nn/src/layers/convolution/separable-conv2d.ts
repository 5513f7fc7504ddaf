// separableConv2d: every channel has filters of its own, whose results are then mixed pixel by pixel.

import type { Pair } from '@treadle/tensor';
import type { LayerFunction } from '../../layer/callable.ts';
import { readLayerOptions } from '../../layer/layer-options.ts';
import { convolution } from './convolution.ts';
import { type DepthwiseConv2dOptions, depthwiseConv2dOptions } from './depthwise-conv2d.ts';
import { countFor, imageAxes, oneOf, pairFor } from './window-layer.ts';

export type SeparableConv2dOptions = DepthwiseConv2dOptions;

/**
 * [batch, rows, columns, channels] → [batch, rows′, columns′, filters]. Variables: depthwiseKernel [...kernelSize, channels,
 * depthMultiplier], pointwiseKernel [1, 1, channels · depthMultiplier, filters], bias [filters]. Throws RangeError for options that
 * make no sense.
 */
export function separableConv2d(
  filters: number,
  kernelSize: Pair,
  options: SeparableConv2dOptions = {},
): LayerFunction {
  readLayerOptions('separableConv2d', options, depthwiseConv2dOptions);
  countFor('separableConv2d: filters', filters);
  const size = pairFor('separableConv2d: kernelSize', kernelSize);
  const strides = pairFor('separableConv2d: strides', options.strides ?? 1);
  const dilation = pairFor('separableConv2d: dilationRate', options.dilationRate ?? 1);
  const padding = oneOf('separableConv2d: padding', options.padding ?? 'valid', ['valid', 'same']);
  const multiplier = countFor('separableConv2d: depthMultiplier', options.depthMultiplier ?? 1);
  return convolution(
    {
      kind: 'separableConv2d',
      axes: imageAxes,
      config: { filters, kernelSize },
      kernels: (channels) => [
        ['depthwiseKernel', [...size, channels, multiplier]],
        ['pointwiseKernel', [1, 1, channels * multiplier, filters]],
      ],
      filters: () => filters,
      convolve: (x, depthwise, pointwise) =>
        x.depthwiseConv2d(depthwise, { strides, padding, dilation }).conv2d(pointwise),
    },
    options,
  );
}
