// groupNormalization: mean 0 and variance 1 over groups of channels of each sample (Y. Wu, K. He, Group Normalization, 2018).

import { type Shape, ShapeError, standardize } from '@treadle/tensor';
import { count, number } from '../../config/plain-types.ts';
import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import { sampleShape } from '../../layer/layer.ts';
import { LayerWeights } from '../../layer/layer-weights.ts';
import { keepMask } from '../../layer/mask.ts';
import { axesOf } from '../../layer/sample-axes.ts';
import { checkExtents } from './feature-normalization.ts';
import { type ScaleAndShiftOptions, scaleAndShift, scaleAndShiftMaker, scaleAndShiftTypes } from './scale-and-shift.ts';

/** Options of `groupNormalization`. */
export interface GroupNormalizationOptions extends ScaleAndShiftOptions {
  /** the axis of the channels, where axis 0 is the batch; the last by default */
  readonly axis?: number | undefined;
}

/**
 * (x − mean) / √(variance + ε)·gamma + beta, over all positions of each of the groups of channels, 32 by default: [batch, …] → [batch,
 * …]. Variables: gamma and beta [channels]. Building throws ShapeError unless the groups divide the channels.
 *
 * @example
 * ```ts
 * import { groupNormalization } from 'treadle';
 * groupNormalization(2, { epsilon: 0 }).call([[1, 3, 10, 30]]); // → [[-1, 1, -1, 1]]
 * ```
 */
export const groupNormalization: LayerKind<[groups?: number], GroupNormalizationOptions> = defineLayer(
  { kind: 'groupNormalization', arguments: [['groups', count, 32]], options: { ...scaleAndShiftTypes, axis: number } },
  (groups, options) => {
    const { axis = -1, epsilon = 1e-3 } = options;
    const weights = new LayerWeights();
    const makeFactors = scaleAndShiftMaker(weights, options);
    const channelAxis = (shape: Shape): number => axesOf('groupNormalization', shape, axis)[0] ?? 1;
    const build = (shape: Shape): Shape => {
      const channels = shape[channelAxis(shape) - 1] ?? 1;
      if (channels % groups !== 0) {
        throw new ShapeError(`groupNormalization: ${groups} groups must divide the channels; got ${channels}`);
      }
      makeFactors([channels]);
      checkExtents('groupNormalization', weights, [channels]);
      return shape;
    };
    return {
      weights,
      build,
      needs: (shape) => [channelAxis(shape) - 1],
      call: (x) => {
        const shape = sampleShape('groupNormalization', x);
        build(shape);
        const at = channelAxis(shape);
        // [batch, a, channels, b] → [batch, a, groups, channels / groups, b]
        const split = [groups, (x.shape[at] ?? 1) / groups];
        const grouped = x.reshape([...x.shape.slice(0, at), ...split, ...x.shape.slice(at + 1)]);
        const axes = grouped.shape.map((_, i) => i).filter((i) => i !== 0 && i !== at);
        return scaleAndShift(standardize(grouped, axes, { epsilon }).values.reshape(x.shape), weights, [at]);
      },
      outputMask: keepMask,
    };
  },
);
