// dense: activation(x·kernel + bias), over the last axis of its input.

import { type OptionKinds, ShapeError } from '@treadle/tensor';
import { activationOf, rangeOf } from '../../activations/activations.ts';
import { constraintOf } from '../../constraints/constraints.ts';
import { initializerOf } from '../../initializers/initializers.ts';
import type { LayerFunction } from '../../layer/callable.ts';
import { keepMask, sampleShape } from '../../layer/layer.ts';
import { readLayerOptions } from '../../layer/layer-options.ts';
import { LayerWeights } from '../../layer/layer-weights.ts';
import { checkCount, makeLayer } from '../../layer/make-layer.ts';
import { perSample, regularizerOf } from '../../regularizers/regularizers.ts';
import { type KernelLayerOptions, kernelLayerOptions } from './kernel-layer-options.ts';
import { project } from './project.ts';

export type DenseOptions = KernelLayerOptions;

export const denseOptions: OptionKinds<DenseOptions> = kernelLayerOptions;

/**
 * activation(x·kernel + bias): [batch, ..., features] → [batch, ..., units]. Variables: kernel [features, units], bias [units].
 * Throws RangeError for units that are not a whole number ≥ 1, and for names that are unknown.
 */
export function dense(units: number, options: DenseOptions = {}): LayerFunction {
  checkCount('dense: units', units);
  readLayerOptions('dense', options, denseOptions);
  const activate = activationOf(options.activation ?? 'linear');
  const { kernelInitializer = 'glorotUniform', biasInitializer = 'zeros', useBias = true } = options;
  const activityRegularizer = regularizerOf(options.activityRegularizer);
  const kernelOptions = {
    initializer: initializerOf(kernelInitializer),
    regularizer: regularizerOf(options.kernelRegularizer),
    constraint: constraintOf(options.kernelConstraint),
  };
  const biasOptions = {
    initializer: initializerOf(biasInitializer),
    regularizer: regularizerOf(options.biasRegularizer),
    constraint: constraintOf(options.biasConstraint),
  };
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
  return makeLayer({
    kind: 'dense',
    options: { units, ...options },
    weights,
    build,
    needs: () => [-1],
    call: (x, { addLoss }) => {
      build(sampleShape('dense', x));
      const y = activate(project(x, weights.get('kernel'), weights.find('bias')));
      if (activityRegularizer) addLoss?.(perSample(activityRegularizer, y));
      return y;
    },
    outputMask: keepMask,
    outputRange: () => rangeOf(activate),
  });
}
