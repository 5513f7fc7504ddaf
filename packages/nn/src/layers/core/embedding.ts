// embedding: a vector for each of a number of things, learned; and one for each position in a sequence.

import { lookUp, type OptionKinds, type Shape, ShapeError } from '@treadle/tensor';
import { type Constraint, type ConstraintName, constraintOf } from '../../constraints/constraints.ts';
import { type Initializer, type InitializerName, initializerOf } from '../../initializers/initializers.ts';
import type { LayerFunction } from '../../layer/callable.ts';
import { keepMask, type LayerOptions, sampleShape } from '../../layer/layer.ts';
import { layerOptions, readLayerOptions } from '../../layer/layer-options.ts';
import { LayerWeights } from '../../layer/layer-weights.ts';
import { checkCount, makeLayer } from '../../layer/make-layer.ts';
import { type Regularizer, type RegularizerName, regularizerOf } from '../../regularizers/regularizers.ts';

export interface EmbeddingOptions extends LayerOptions {
  /** 'randomUniform' by default: within ±0.05 */
  readonly embeddingsInitializer?: InitializerName | Initializer | undefined;
  readonly embeddingsRegularizer?: RegularizerName | Regularizer | undefined;
  readonly embeddingsConstraint?: ConstraintName | Constraint | undefined;
  /** whether 0 stands for no step at all, so that the layers after this one leave it out; false by default */
  readonly maskZero?: boolean | undefined;
  /** whether optimizers skip vectors whose gradient is 0, as `variable` says; a step then costs the same for any inputDim; false by default */
  readonly sparseGradient?: boolean | undefined;
}

const embeddingOptions: OptionKinds<EmbeddingOptions> = {
  ...layerOptions,
  embeddingsInitializer: 'any',
  embeddingsRegularizer: 'any',
  embeddingsConstraint: 'any',
  maskZero: 'boolean',
  sparseGradient: 'boolean',
};

/**
 * [batch, …] of whole numbers from 0 to inputDim − 1 → [batch, …, outputDim]. Variable: embeddings [inputDim, outputDim]. A number
 * outside of that range is a RangeError: at once where it is known, otherwise of whatever computes the result.
 */
export function embedding(inputDim: number, outputDim: number, options: EmbeddingOptions = {}): LayerFunction {
  readLayerOptions('embedding', options, embeddingOptions);
  checkCount('embedding: inputDim', inputDim);
  checkCount('embedding: outputDim', outputDim);
  const { embeddingsInitializer = 'randomUniform', maskZero = false, sparseGradient = false } = options;
  const embeddings = {
    initializer: initializerOf(embeddingsInitializer),
    regularizer: regularizerOf(options.embeddingsRegularizer),
    constraint: constraintOf(options.embeddingsConstraint),
    sparseGradient,
  };
  const weights = new LayerWeights();
  const build = (shape: Shape): Shape => {
    weights.make('embeddings', [inputDim, outputDim], embeddings);
    return [...shape, outputDim];
  };
  return makeLayer({
    kind: 'embedding',
    options: { inputDim, outputDim, ...options },
    weights,
    build,
    needs: () => [],
    call: (x) => {
      build(sampleShape('embedding', x));
      return lookUp('embedding', weights.get('embeddings'), x);
    },
    outputMask: ([x]) => (maskZero ? x?.notEqual(0) : undefined),
  });
}

export interface PositionEmbeddingOptions extends LayerOptions {
  /** 'glorotUniform' by default */
  readonly initializer?: InitializerName | Initializer | undefined;
}

const positionEmbeddingOptions: OptionKinds<PositionEmbeddingOptions> = {
  ...layerOptions,
  initializer: 'any',
};

/**
 * What is learned for each position of a sequence, for adding to it: x [batch, steps, features] → [batch, steps, features], which
 * depends on x's shape alone. Variable: embeddings [sequenceLength, features]. Throws ShapeError for longer sequences.
 */
export function positionEmbedding(sequenceLength: number, options: PositionEmbeddingOptions = {}): LayerFunction {
  readLayerOptions('positionEmbedding', options, positionEmbeddingOptions);
  checkCount('positionEmbedding: sequenceLength', sequenceLength);
  const initializer = initializerOf(options.initializer ?? 'glorotUniform');
  const weights = new LayerWeights();
  const build = (shape: Shape): Shape => {
    const [steps = 0, features = 0] = shape;
    const isBuilt = weights.find('embeddings')?.shape[1] ?? features;
    if (shape.length !== 2 || steps > sequenceLength || features !== isBuilt) {
      const got = `got [${shape.join(', ')}]`;
      throw new ShapeError(
        `positionEmbedding: a sample must be [steps, ${isBuilt}] with ${sequenceLength} steps at most; ${got}`,
      );
    }
    weights.make('embeddings', [sequenceLength, features], { initializer });
    return shape;
  };
  return makeLayer({
    kind: 'positionEmbedding',
    options: { sequenceLength, ...options },
    weights,
    build,
    call: (x) => {
      build(sampleShape('positionEmbedding', x));
      return weights
        .get('embeddings')
        .slice([0], [x.shape[1] ?? 0])
        .broadcastTo(x.shape);
    },
    outputMask: keepMask,
  });
}
