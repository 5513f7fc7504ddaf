// conv2d: windows over the rows and columns of images.

import type { OptionKinds, Pair } from '@treadle/tensor';
import type { LayerFunction } from '../../layer/callable.ts';
import { readLayerOptions } from '../../layer/layer-options.ts';
import { type ConvolutionOptions, channelsOfGroup, convolution, convolutionOptions, groupsFor } from './convolution.ts';
import { countFor, imageAxes, oneOf, pairFor } from './window-layer.ts';

export interface Conv2dOptions extends ConvolutionOptions {
  /** 1 by default */
  readonly strides?: Pair | undefined;
  /** 'valid' by default */
  readonly padding?: 'valid' | 'same' | undefined;
  /** from a tap to the next; 1 by default */
  readonly dilationRate?: Pair | undefined;
  /** 1 by default */
  readonly groups?: number | undefined;
}

const conv2dOptions: OptionKinds<Conv2dOptions> = {
  ...convolutionOptions,
  strides: 'any',
  padding: 'any',
  dilationRate: 'any',
  groups: 'number',
};

/**
 * activation(x ⋆ kernel + bias): [batch, rows, columns, channels] → [batch, rows′, columns′, filters]. Variables: kernel
 * [...kernelSize, channels / groups, filters], bias [filters]. Throws RangeError for options that make no sense.
 */
export function conv2d(filters: number, kernelSize: Pair, options: Conv2dOptions = {}): LayerFunction {
  readLayerOptions('conv2d', options, conv2dOptions);
  countFor('conv2d: filters', filters);
  const size = pairFor('conv2d: kernelSize', kernelSize);
  const groups = groupsFor('conv2d', options.groups ?? 1, filters);
  const strides = pairFor('conv2d: strides', options.strides ?? 1);
  const dilation = pairFor('conv2d: dilationRate', options.dilationRate ?? 1);
  const padding = oneOf('conv2d: padding', options.padding ?? 'valid', ['valid', 'same']);
  return convolution(
    {
      kind: 'conv2d',
      axes: imageAxes,
      config: { filters, kernelSize },
      kernels: (channels) => [['kernel', [...size, channelsOfGroup('conv2d', channels, groups), filters]]],
      filters: () => filters,
      convolve: (x, kernel) => x.conv2d(kernel, { strides, padding, dilation, groups }),
    },
    options,
  );
}
