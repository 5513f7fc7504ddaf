// depthwiseConv2d: every channel has filters of its own.

import type { OptionKinds, Pair } from '@treadle/tensor';
import type { LayerFunction } from '../../layer/callable.ts';
import { readLayerOptions } from '../../layer/layer-options.ts';
import { type ConvolutionOptions, convolution, convolutionOptions } from './convolution.ts';
import { countFor, imageAxes, oneOf, pairFor } from './window-layer.ts';

export interface DepthwiseConv2dOptions extends ConvolutionOptions {
  /** 1 by default */
  readonly strides?: Pair | undefined;
  /** 'valid' by default */
  readonly padding?: 'valid' | 'same' | undefined;
  /** filters of a channel; 1 by default */
  readonly depthMultiplier?: number | undefined;
  /** from a tap to the next; 1 by default */
  readonly dilationRate?: Pair | undefined;
}

export const depthwiseConv2dOptions: OptionKinds<DepthwiseConv2dOptions> = {
  ...convolutionOptions,
  strides: 'any',
  padding: 'any',
  dilationRate: 'any',
  depthMultiplier: 'number',
};

/**
 * [batch, rows, columns, channels] → [batch, rows′, columns′, channels · depthMultiplier]. Variables: kernel [...kernelSize,
 * channels, depthMultiplier], bias. Throws RangeError for options that make no sense.
 */
export function depthwiseConv2d(kernelSize: Pair, options: DepthwiseConv2dOptions = {}): LayerFunction {
  readLayerOptions('depthwiseConv2d', options, depthwiseConv2dOptions);
  const size = pairFor('depthwiseConv2d: kernelSize', kernelSize);
  const strides = pairFor('depthwiseConv2d: strides', options.strides ?? 1);
  const dilation = pairFor('depthwiseConv2d: dilationRate', options.dilationRate ?? 1);
  const padding = oneOf('depthwiseConv2d: padding', options.padding ?? 'valid', ['valid', 'same']);
  const multiplier = countFor('depthwiseConv2d: depthMultiplier', options.depthMultiplier ?? 1);
  return convolution(
    {
      kind: 'depthwiseConv2d',
      axes: imageAxes,
      config: { kernelSize },
      kernels: (channels) => [['kernel', [...size, channels, multiplier]]],
      filters: (channels) => channels * multiplier,
      convolve: (x, kernel) => x.depthwiseConv2d(kernel, { strides, padding, dilation }),
    },
    options,
  );
}
