// conv1d: a convolution over the steps of a sequence.

import { count, number, oneOf } from '../../config/plain-types.ts';
import { checkCount } from '../../layer/check-count.ts';
import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import { type KernelLayerOptions, kernelLayerTypes } from '../core/kernel-layer-options.ts';
import { channelsOfGroup, checkGroups, convolutionParts } from './convolution.ts';
import { checkOneOf, sequenceAxes } from './window.ts';

/** Options of `conv1d`. */
export interface Conv1dLayerOptions extends KernelLayerOptions {
  /** the distance from a window to the next; 1 by default */
  readonly strides?: number | undefined;
  /**
   * 'same' pads with zeros at both ends; 'causal' pads before the sequence, so that a result depends on its own step and earlier ones
   * alone; 'valid' by default
   */
  readonly padding?: 'valid' | 'same' | 'causal' | undefined;
  /** the distance between the elements of a window; 1 by default */
  readonly dilationRate?: number | undefined;
  /** the number of groups of channels that are convolved separately; 1 by default */
  readonly groups?: number | undefined;
}

const paddings = ['valid', 'same', 'causal'] as const;

/**
 * activation(x ⋆ kernel + bias): [batch, steps, channels] → [batch, steps′, filters]. Variables: kernel [kernelSize, channels /
 * groups, filters], bias [filters]. Throws RangeError for sizes that are not whole numbers ≥ 1 and for unknown names.
 *
 * @example
 * ```ts
 * import { conv1d } from 'treadle';
 * conv1d(1, 2, { kernelInitializer: 'ones' }).call([[[1], [2], [3]]]); // → [[[3], [5]]]
 * ```
 */
export const conv1d: LayerKind<[filters: number, kernelSize: number], Conv1dLayerOptions> = defineLayer(
  {
    kind: 'conv1d',
    arguments: [
      ['filters', count],
      ['kernelSize', count],
    ],
    options: {
      ...kernelLayerTypes,
      strides: number,
      padding: oneOf(paddings),
      dilationRate: number,
      groups: number,
    },
  },
  (filters, kernelSize, options) => {
    const groups = checkGroups('conv1d', options.groups ?? 1, filters);
    const strides = checkCount('conv1d: strides', options.strides ?? 1);
    const dilation = checkCount('conv1d: dilationRate', options.dilationRate ?? 1);
    const padding = checkOneOf('conv1d: padding', options.padding ?? 'valid', paddings);
    return convolutionParts(
      {
        kind: 'conv1d',
        axes: sequenceAxes,
        kernels: (channels) => [['kernel', [kernelSize, channelsOfGroup('conv1d', channels, groups), filters]]],
        filters: () => filters,
        convolve: (x, kernel) => x.conv1d(kernel, { strides, padding, dilation, groups }),
      },
      options,
    );
  },
);
