// rmsNormalization: mean square 1 over the features of each sample (B. Zhang, R. Sennrich, Root Mean Square Layer Normalization,
// 2019).

import { initializer } from '../../config/option-types.ts';
import { axes, flag, number } from '../../config/plain-types.ts';
import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import type { LayerOptions } from '../../layer/layer.ts';
import { layerTypes } from '../../layer/layer-options.ts';
import { featureNormalizationParts } from './feature-normalization.ts';
import type { ScaleAndShiftOptions } from './scale-and-shift.ts';

/** Options of `rmsNormalization`. */
export interface RmsNormalizationOptions
  extends LayerOptions,
    Pick<ScaleAndShiftOptions, 'scale' | 'gammaInitializer'> {
  /** the axes that are normalized together, where axis 0 is the batch; the last by default */
  readonly axis?: number | readonly number[] | undefined;
  /** added to the mean square before the division; 10⁻⁶ by default */
  readonly epsilon?: number | undefined;
}

/**
 * x / √(mean of x² + ε)·gamma: [batch, …] → [batch, …]. Variable: gamma, with the extents of the axes. Building throws RangeError for an
 * axis that does not exist.
 *
 * @example
 * ```ts
 * import { rmsNormalization } from 'treadle';
 * rmsNormalization({ epsilon: 0 }).call([[1, -1]]); // → [[1, -1]]
 * ```
 */
export const rmsNormalization: LayerKind<[], RmsNormalizationOptions> = defineLayer(
  {
    kind: 'rmsNormalization',
    arguments: [],
    options: { ...layerTypes, scale: flag, gammaInitializer: initializer, axis: axes, epsilon: number },
  },
  (options) => {
    const { epsilon = 1e-6 } = options;
    return featureNormalizationParts('rmsNormalization', { ...options, center: false }, (x, over) =>
      x.mul(x.square().mean(over, { keepDims: true }).add(epsilon).rsqrt()),
    );
  },
);
