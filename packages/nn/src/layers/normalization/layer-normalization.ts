// layerNormalization: mean 0 and variance 1 over the features of each sample (J. Ba et al., Layer Normalization, 2016).

import { standardize } from '@treadle/tensor';
import { axes } from '../../config/plain-types.ts';
import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import { featureNormalizationParts } from './feature-normalization.ts';
import { type ScaleAndShiftOptions, scaleAndShiftTypes } from './scale-and-shift.ts';

/** Options of `layerNormalization`. */
export interface LayerNormalizationOptions extends ScaleAndShiftOptions {
  /** the axes that are normalized together, where axis 0 is the batch; the last by default */
  readonly axis?: number | readonly number[] | undefined;
}

/**
 * (x − mean) / √(variance + ε)·gamma + beta: [batch, …] → [batch, …]. Variables: gamma and beta, with the extents of the axes.
 * Building throws RangeError for an axis that does not exist.
 *
 * @example
 * ```ts
 * import { layerNormalization } from 'treadle';
 * layerNormalization({ epsilon: 0 }).call([[1, 3]]); // → [[-1, 1]]
 * ```
 */
export const layerNormalization: LayerKind<[], LayerNormalizationOptions> = defineLayer(
  { kind: 'layerNormalization', arguments: [], options: { ...scaleAndShiftTypes, axis: axes } },
  (options) => {
    const { epsilon = 1e-3 } = options;
    return featureNormalizationParts(
      'layerNormalization',
      options,
      (x, over) => standardize(x, over, { epsilon }).values,
    );
  },
);
