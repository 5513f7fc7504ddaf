// dense: activation(x·kernel + bias) over the last axis of the input.

import { ShapeError } from '@treadle/tensor';
import { outputRangeOf } from '../../activations/activation.ts';
import { activationOf } from '../../activations/activation-by-name.ts';
import { count } from '../../config/plain-types.ts';
import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import { sampleShape } from '../../layer/layer.ts';
import { LayerWeights } from '../../layer/layer-weights.ts';
import { keepMask } from '../../layer/mask.ts';
import { weightOptions } from '../../layer/weight-options.ts';
import { penaltyPerSample } from '../../regularizers/regularizer.ts';
import { regularizerOf } from '../../regularizers/regularizer-by-name.ts';
import { type KernelLayerOptions, kernelLayerTypes } from './kernel-layer-options.ts';
import { project } from './project.ts';

/** Options of `dense`. */
export type DenseOptions = KernelLayerOptions;

/**
 * A dense layer, activation(x·kernel + bias): [batch, …, features] → [batch, …, units]. Variables: kernel [features, units], bias
 * [units]. Throws RangeError for units that are not a whole number ≥ 1 and for unknown names.
 *
 * @example
 * ```ts
 * import { dense } from 'treadle';
 * dense(2, { kernelInitializer: 'ones' }).call([[1, 2, 3]]); // → [[6, 6]]
 * ```
 */
export const dense: LayerKind<[units: number], DenseOptions> = defineLayer(
  { kind: 'dense', arguments: [['units', count]], options: kernelLayerTypes },
  (units, options) => {
    const { activation = 'linear', useBias = true } = options;
    const activate = activationOf(activation);
    const activityRegularizer = regularizerOf(options.activityRegularizer);
    const kernelOptions = weightOptions('kernel', options, 'glorotUniform');
    const biasOptions = weightOptions('bias', options, 'zeros');
    const weights = new LayerWeights();
    const build = (inputShape: readonly number[]): readonly number[] => {
      const features = inputShape.at(-1);
      if (features === undefined) {
        throw new ShapeError(
          'dense: its input must have an axis of features beside the batch; got [batch]; reshape([-1, 1]) makes one',
        );
      }
      const kernel = weights.make('kernel', [features, units], kernelOptions);
      if (useBias) weights.make('bias', [units], biasOptions);
      if (features !== kernel.shape[0]) {
        throw new ShapeError(
          `dense: the last axis of its input must have ${kernel.shape[0]} features, as when it was built; got [batch, ${inputShape.join(', ')}]`,
        );
      }
      return [...inputShape.slice(0, -1), units];
    };
    return {
      weights,
      build,
      needs: () => [-1],
      call: (x, { addLoss }) => {
        build(sampleShape('dense', x));
        const y = activate(project(x, weights.get('kernel'), weights.find('bias')));
        if (activityRegularizer) addLoss?.(penaltyPerSample(activityRegularizer, y));
        return y;
      },
      outputMask: keepMask,
      outputRange: () => outputRangeOf(activate),
    };
  },
);
