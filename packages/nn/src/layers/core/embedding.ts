// embedding: a learned vector for each of a number of things, such as the words of a vocabulary.

import { lookUp, type Shape } from '@treadle/tensor';
import { count, flag } from '../../config/plain-types.ts';
import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import { type LayerOptions, sampleShape } from '../../layer/layer.ts';
import { layerTypes } from '../../layer/layer-options.ts';
import { LayerWeights } from '../../layer/layer-weights.ts';
import {
  type ConstraintOption,
  type InitializerOption,
  type RegularizerOption,
  weightOptions,
  weightTypes,
} from '../../layer/weight-options.ts';

/** Options of `embedding`. */
export interface EmbeddingOptions extends LayerOptions {
  /** the first value of the vectors; 'randomUniform' by default: within ±0.05 */
  readonly embeddingsInitializer?: InitializerOption;
  /** a penalty on the vectors; none by default */
  readonly embeddingsRegularizer?: RegularizerOption;
  /** applied to the vectors after each update; none by default */
  readonly embeddingsConstraint?: ConstraintOption;
  /** whether 0 stands for padding, which later layers leave out; false by default */
  readonly maskZero?: boolean | undefined;
  /**
   * whether optimizers skip vectors whose gradient is 0, as in the option of `variable`; a step then costs the same for any
   * inputDim; false by default
   */
  readonly sparseGradient?: boolean | undefined;
}

/**
 * A vector for each index: [batch, …] of whole numbers from 0 to inputDim − 1 → [batch, …, outputDim]. Variable: embeddings
 * [inputDim, outputDim]. An index out of range is a RangeError, at once if the indices are known, otherwise when the result is
 * computed.
 *
 * @example
 * ```ts
 * import { embedding } from 'treadle';
 * embedding(3, 2, { embeddingsInitializer: 'identity' }).call([[1, 0]]); // → [[[0, 1], [1, 0]]]
 * ```
 */
export const embedding: LayerKind<[inputDim: number, outputDim: number], EmbeddingOptions> = defineLayer(
  {
    kind: 'embedding',
    arguments: [
      ['inputDim', count],
      ['outputDim', count],
    ],
    options: { ...layerTypes, ...weightTypes('embeddings'), maskZero: flag, sparseGradient: flag },
  },
  (inputDim, outputDim, options) => {
    const { maskZero = false, sparseGradient = false } = options;
    const embeddings = { ...weightOptions('embeddings', options, 'randomUniform'), sparseGradient };
    const weights = new LayerWeights();
    const build = (shape: Shape): Shape => {
      weights.make('embeddings', [inputDim, outputDim], embeddings);
      return [...shape, outputDim];
    };
    return {
      weights,
      build,
      needs: () => [],
      call: (x) => {
        build(sampleShape('embedding', x));
        return lookUp('embedding', weights.get('embeddings'), x);
      },
      outputMask: ([x]) => (maskZero ? x?.notEqual(0) : undefined),
    };
  },
);
