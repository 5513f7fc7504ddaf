// conv1d: windows over the steps of a sequence.

import type { OptionKinds } from '@treadle/tensor';
import type { LayerFunction } from '../../layer/callable.ts';
import { readLayerOptions } from '../../layer/layer-options.ts';
import { type ConvolutionOptions, channelsOfGroup, convolution, convolutionOptions, groupsFor } from './convolution.ts';
import { countFor, oneOf, sequenceAxes } from './window-layer.ts';

export interface Conv1dLayerOptions extends ConvolutionOptions {
  /** 1 by default */
  readonly strides?: number | undefined;
  /** 'causal': an output sees only its own step and those before; 'valid' by default */
  readonly padding?: 'valid' | 'same' | 'causal' | undefined;
  /** from a tap to the next; 1 by default */
  readonly dilationRate?: number | undefined;
  /** 1 by default */
  readonly groups?: number | undefined;
}

const conv1dOptions: OptionKinds<Conv1dLayerOptions> = {
  ...convolutionOptions,
  strides: 'number',
  padding: 'any',
  dilationRate: 'number',
  groups: 'number',
};

/**
 * activation(x ⋆ kernel + bias): [batch, steps, channels] → [batch, steps′, filters]. Variables: kernel [kernelSize, channels /
 * groups, filters], bias [filters]. Throws RangeError for options that make no sense.
 */
export function conv1d(filters: number, kernelSize: number, options: Conv1dLayerOptions = {}): LayerFunction {
  readLayerOptions('conv1d', options, conv1dOptions);
  countFor('conv1d: filters', filters);
  const size = countFor('conv1d: kernelSize', kernelSize);
  const groups = groupsFor('conv1d', options.groups ?? 1, filters);
  const strides = countFor('conv1d: strides', options.strides ?? 1);
  const dilation = countFor('conv1d: dilationRate', options.dilationRate ?? 1);
  const padding = oneOf('conv1d: padding', options.padding ?? 'valid', ['valid', 'same', 'causal']);
  return convolution(
    {
      kind: 'conv1d',
      axes: sequenceAxes,
      config: { filters, kernelSize },
      kernels: (channels) => [['kernel', [size, channelsOfGroup('conv1d', channels, groups), filters]]],
      filters: () => filters,
      convolve: (x, kernel) => x.conv1d(kernel, { strides, padding, dilation, groups }),
    },
    options,
  );
}
