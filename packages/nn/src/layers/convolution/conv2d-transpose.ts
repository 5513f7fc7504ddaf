// conv2dTranspose: the way back of a convolution, from its outputs to as many rows and columns as it would have read.

import type { OptionKinds, Pair } from '@treadle/tensor';
import type { LayerFunction } from '../../layer/callable.ts';
import { readLayerOptions } from '../../layer/layer-options.ts';
import { type ConvolutionOptions, convolution, convolutionOptions } from './convolution.ts';
import { countFor, imageAxes, oneOf, pairFor } from './window-layer.ts';

export interface Conv2dTransposeOptions extends ConvolutionOptions {
  /** 1 by default */
  readonly strides?: Pair | undefined;
  /** 'valid' by default */
  readonly padding?: 'valid' | 'same' | undefined;
  /** rows and columns added at the end, fewer than the stride; without it, rows · stride with 'same' */
  readonly outputPadding?: Pair | undefined;
  /** from a tap to the next; 1 by default */
  readonly dilationRate?: Pair | undefined;
}

const conv2dTransposeOptions: OptionKinds<Conv2dTransposeOptions> = {
  ...convolutionOptions,
  strides: 'any',
  padding: 'any',
  dilationRate: 'any',
  outputPadding: 'any',
};

/**
 * [batch, rows, columns, channels] → [batch, rows′, columns′, filters]; rows′ is rows · stride with 'same', rows · stride +
 * max(window − stride, 0) with 'valid'. Variables: kernel [...kernelSize, filters, channels], bias [filters]. Throws RangeError for
 * options that make no sense.
 */
export function conv2dTranspose(
  filters: number,
  kernelSize: Pair,
  options: Conv2dTransposeOptions = {},
): LayerFunction {
  readLayerOptions('conv2dTranspose', options, conv2dTransposeOptions);
  countFor('conv2dTranspose: filters', filters);
  const size = pairFor('conv2dTranspose: kernelSize', kernelSize);
  const strides = pairFor('conv2dTranspose: strides', options.strides ?? 1);
  const dilation = pairFor('conv2dTranspose: dilationRate', options.dilationRate ?? 1);
  const padding = oneOf('conv2dTranspose: padding', options.padding ?? 'valid', ['valid', 'same']);
  const { outputPadding } = options;
  if (outputPadding !== undefined) pairFor('conv2dTranspose: outputPadding', outputPadding, 0);
  return convolution(
    {
      kind: 'conv2dTranspose',
      axes: imageAxes,
      config: { filters, kernelSize },
      kernels: (channels) => [['kernel', [...size, filters, channels]]],
      filters: () => filters,
      convolve: (x, kernel) => x.conv2dTranspose(kernel, { strides, padding, dilation, outputPadding }),
    },
    options,
  );
}
