// conv2dTranspose: the transposed convolution, the gradient of a convolution with respect to its input, which enlarges images.

import type { Pair } from '@treadle/tensor';
import { count, pair } from '../../config/plain-types.ts';
import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import { convolutionParts, type ImageConvolutionOptions, imageConvolutionTypes, windowOptions } from './convolution.ts';
import { checkPair, imageAxes } from './window.ts';

/** Options of `conv2dTranspose`. */
export interface Conv2dTransposeOptions extends ImageConvolutionOptions {
  /** the rows and columns added at the end, fewer than the stride; by default the result has rows·stride rows with 'same' */
  readonly outputPadding?: Pair | undefined;
}

/**
 * activation(x ⋆ᵀ kernel + bias): [batch, rows, columns, channels] → [batch, rows′, columns′, filters]; rows′ is rows·stride with
 * padding 'same', rows·stride + max(window − stride, 0) with 'valid'. Variables: kernel [...kernelSize, filters, channels], bias
 * [filters]. Throws RangeError for sizes that are not whole numbers ≥ 1 and for unknown names.
 *
 * @example
 * ```ts
 * import { conv2dTranspose } from 'treadle';
 * conv2dTranspose(1, [1, 2], { kernelInitializer: 'ones' }).call([[[[1], [2]]]]); // → [[[[1], [3], [2]]]]
 * ```
 */
export const conv2dTranspose: LayerKind<[filters: number, kernelSize: Pair], Conv2dTransposeOptions> = defineLayer(
  {
    kind: 'conv2dTranspose',
    arguments: [
      ['filters', count],
      ['kernelSize', pair],
    ],
    options: { ...imageConvolutionTypes, outputPadding: pair },
  },
  (filters, kernelSize, options) => {
    const size = checkPair('conv2dTranspose: kernelSize', kernelSize);
    const windows = windowOptions('conv2dTranspose', options);
    const { outputPadding } = options;
    if (outputPadding !== undefined) checkPair('conv2dTranspose: outputPadding', outputPadding, 0);
    return convolutionParts(
      {
        kind: 'conv2dTranspose',
        axes: imageAxes,
        kernels: (channels) => [['kernel', [...size, filters, channels]]],
        filters: () => filters,
        convolve: (x, kernel) => x.conv2dTranspose(kernel, { ...windows, outputPadding }),
      },
      options,
    );
  },
);
