// prelu: a rectifier whose slope below zero is learned.

import { type OptionKinds, type Shape, ShapeError } from '@treadle/tensor';
import { type Constraint, type ConstraintName, constraintOf } from '../../constraints/constraints.ts';
import { type Initializer, type InitializerName, initializerOf } from '../../initializers/initializers.ts';
import type { LayerFunction } from '../../layer/callable.ts';
import { keepMask, type LayerOptions, sampleShape } from '../../layer/layer.ts';
import { layerOptions, readLayerOptions } from '../../layer/layer-options.ts';
import { LayerWeights } from '../../layer/layer-weights.ts';
import { makeLayer } from '../../layer/make-layer.ts';
import { type Regularizer, type RegularizerName, regularizerOf } from '../../regularizers/regularizers.ts';

export interface PreluOptions extends LayerOptions {
  /** 'zeros' by default */
  readonly alphaInitializer?: InitializerName | Initializer | undefined;
  readonly alphaRegularizer?: RegularizerName | Regularizer | undefined;
  readonly alphaConstraint?: ConstraintName | Constraint | undefined;
  /** axes along which one slope is shared, the batch being axis 0: [1, 2] gives an image a slope for each channel */
  readonly sharedAxes?: readonly number[] | undefined;
}

const preluOptions: OptionKinds<PreluOptions> = {
  ...layerOptions,
  alphaInitializer: 'any',
  alphaRegularizer: 'any',
  alphaConstraint: 'any',
  sharedAxes: 'numbers',
};

/** x where x > 0, alpha·x elsewhere. Variable: alpha, of the shape of a sample, 1 along shared axes. */
export function prelu(options: PreluOptions = {}): LayerFunction {
  readLayerOptions('prelu', options, preluOptions);
  const { alphaInitializer = 'zeros', sharedAxes = [] } = options;
  const initializer = initializerOf(alphaInitializer);
  const regularizer = regularizerOf(options.alphaRegularizer);
  const constraint = constraintOf(options.alphaConstraint);
  const weights = new LayerWeights();
  const build = (shape: Shape): Shape => {
    const extents = shape.map((extent, i) => (sharedAxes.includes(i + 1) ? 1 : extent));
    const alpha = weights.make('alpha', extents, { initializer, regularizer, constraint });
    if (extents.length !== alpha.rank || extents.some((extent, i) => extent !== alpha.shape[i])) {
      throw new ShapeError(
        `prelu: a sample must have a slope for each element, [${alpha.shape.join(', ')}]; got [${shape.join(', ')}]`,
      );
    }
    return shape;
  };
  return makeLayer({
    kind: 'prelu',
    options: { ...options },
    weights,
    build,
    call: (x) => {
      build(sampleShape('prelu', x));
      return x.greater(0).where(x, x.mul(weights.get('alpha')));
    },
    outputMask: keepMask,
  });
}
