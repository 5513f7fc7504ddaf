// conv2d: a convolution over the rows and columns of images.

import type { Pair } from '@treadle/tensor';
import { count, number, pair } from '../../config/plain-types.ts';
import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import {
  channelsOfGroup,
  checkGroups,
  convolutionParts,
  type ImageConvolutionOptions,
  imageConvolutionTypes,
  windowOptions,
} from './convolution.ts';
import { checkPair, imageAxes } from './window.ts';

/** Options of `conv2d`. */
export interface Conv2dOptions extends ImageConvolutionOptions {
  /** the number of groups of channels that are convolved separately; 1 by default */
  readonly groups?: number | undefined;
}

/**
 * activation(x ⋆ kernel + bias): [batch, rows, columns, channels] → [batch, rows′, columns′, filters]. Variables: kernel
 * [...kernelSize, channels / groups, filters], bias [filters]. Throws RangeError for sizes that are not whole numbers ≥ 1 and for
 * unknown names.
 *
 * @example
 * ```ts
 * import { conv2d } from 'treadle';
 * conv2d(1, [1, 2], { kernelInitializer: 'ones' }).call([[[[1], [2], [3]]]]); // → [[[[3], [5]]]]
 * ```
 */
export const conv2d: LayerKind<[filters: number, kernelSize: Pair], Conv2dOptions> = defineLayer(
  {
    kind: 'conv2d',
    arguments: [
      ['filters', count],
      ['kernelSize', pair],
    ],
    options: { ...imageConvolutionTypes, groups: number },
  },
  (filters, kernelSize, options) => {
    const size = checkPair('conv2d: kernelSize', kernelSize);
    const groups = checkGroups('conv2d', options.groups ?? 1, filters);
    const windows = windowOptions('conv2d', options);
    return convolutionParts(
      {
        kind: 'conv2d',
        axes: imageAxes,
        kernels: (channels) => [['kernel', [...size, channelsOfGroup('conv2d', channels, groups), filters]]],
        filters: () => filters,
        convolve: (x, kernel) => x.conv2d(kernel, { ...windows, groups }),
      },
      options,
    );
  },
);
