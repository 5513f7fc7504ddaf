// prelu: a rectified linear unit whose slope below 0 is learned (K. He et al., 2015).

import { type Shape, ShapeError } from '@treadle/tensor';
import { numbers } from '../../config/plain-types.ts';
import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import { type LayerOptions, sampleShape } from '../../layer/layer.ts';
import { layerTypes } from '../../layer/layer-options.ts';
import { LayerWeights } from '../../layer/layer-weights.ts';
import { keepMask } from '../../layer/mask.ts';
import {
  type ConstraintOption,
  type InitializerOption,
  type RegularizerOption,
  weightOptions,
  weightTypes,
} from '../../layer/weight-options.ts';

/** Options of `prelu`. */
export interface PreluOptions extends LayerOptions {
  /** the first value of the slopes; 'zeros' by default */
  readonly alphaInitializer?: InitializerOption;
  /** a penalty on the slopes; none by default */
  readonly alphaRegularizer?: RegularizerOption;
  /** applied to the slopes after each update; none by default */
  readonly alphaConstraint?: ConstraintOption;
  /** the axes that share a slope, where axis 0 is the batch: [1, 2] gives an image a slope for each channel; none by default */
  readonly sharedAxes?: readonly number[] | undefined;
}

/**
 * x where x > 0, alpha·x elsewhere: [batch, …] → [batch, …]. Variable: alpha, of the shape of a sample with 1 for shared axes. Throws
 * ShapeError for samples of another shape than the first.
 *
 * @example
 * ```ts
 * import { prelu } from 'treadle';
 * prelu({ alphaInitializer: 'ones' }).call([[-1, 2]]); // → [[-1, 2]]
 * ```
 */
export const prelu: LayerKind<[], PreluOptions> = defineLayer(
  { kind: 'prelu', arguments: [], options: { ...layerTypes, ...weightTypes('alpha'), sharedAxes: numbers } },
  (options) => {
    const { sharedAxes = [] } = options;
    const alphaOptions = weightOptions('alpha', options, 'zeros');
    const weights = new LayerWeights();
    const build = (shape: Shape): Shape => {
      const extents = shape.map((extent, i) => (sharedAxes.includes(i + 1) ? 1 : extent));
      const alpha = weights.make('alpha', extents, alphaOptions);
      if (extents.length !== alpha.rank || extents.some((extent, i) => extent !== alpha.shape[i])) {
        throw new ShapeError(
          `prelu: a sample must have a slope for each element, [${alpha.shape.join(', ')}]; got [${shape.join(', ')}]`,
        );
      }
      return shape;
    };
    return {
      weights,
      build,
      call: (x) => {
        build(sampleShape('prelu', x));
        return x.greater(0).where(x, x.mul(weights.get('alpha')));
      },
      outputMask: keepMask,
    };
  },
);
