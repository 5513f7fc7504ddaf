// dense: activation(x·kernel + bias), over the last axis of its input.

import { type OptionKinds, ShapeError } from '@treadle/tensor';
import { type Activation, type ActivationName, activationOf, rangeOf } from './activations.ts';
import type { LayerFunction } from './callable.ts';
import { type Constraint, type ConstraintName, constraintOf } from './constraints.ts';
import { type Initializer, type InitializerName, initializerOf } from './initializers.ts';
import { keepMask, type LayerOptions, sampleShape } from './layer.ts';
import { layerOptions, readLayerOptions } from './layer-options.ts';
import { LayerWeights } from './layer-weights.ts';
import { checkCount, makeLayer } from './make-layer.ts';
import { project } from './project.ts';
import { perSample, type Regularizer, type RegularizerName, regularizerOf } from './regularizers.ts';

export interface DenseOptions extends LayerOptions {
  /** a name or a function; none by default */
  readonly activation?: ActivationName | Activation | undefined;
  /** true by default */
  readonly useBias?: boolean | undefined;
  /** 'glorotUniform' by default */
  readonly kernelInitializer?: InitializerName | Initializer | undefined;
  /** 'zeros' by default */
  readonly biasInitializer?: InitializerName | Initializer | undefined;
  readonly kernelRegularizer?: RegularizerName | Regularizer | undefined;
  readonly biasRegularizer?: RegularizerName | Regularizer | undefined;
  /** on the layer's result, per sample */
  readonly activityRegularizer?: RegularizerName | Regularizer | undefined;
  readonly kernelConstraint?: ConstraintName | Constraint | undefined;
  readonly biasConstraint?: ConstraintName | Constraint | undefined;
}

export const denseOptions: OptionKinds<DenseOptions> = {
  ...layerOptions,
  activation: 'any',
  useBias: 'boolean',
  kernelInitializer: 'any',
  biasInitializer: 'any',
  kernelRegularizer: 'any',
  biasRegularizer: 'any',
  activityRegularizer: 'any',
  kernelConstraint: 'any',
  biasConstraint: 'any',
};

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
