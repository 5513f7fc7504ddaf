// positionEmbedding: a learned vector for each position of a sequence.

import { type Shape, ShapeError } from '@treadle/tensor';
import { initializer } from '../../config/option-types.ts';
import { count } from '../../config/plain-types.ts';
import { initializerOf } from '../../initializers/initializer-by-name.ts';
import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import { type LayerOptions, sampleShape } from '../../layer/layer.ts';
import { layerTypes } from '../../layer/layer-options.ts';
import { LayerWeights } from '../../layer/layer-weights.ts';
import { keepMask } from '../../layer/mask.ts';
import type { InitializerOption } from '../../layer/weight-options.ts';

/** Options of `positionEmbedding`. */
export interface PositionEmbeddingOptions extends LayerOptions {
  /** the first value of the vectors; 'glorotUniform' by default */
  readonly initializer?: InitializerOption;
}

/**
 * The vectors of the positions of x, to be added to it: x [batch, steps, features] → [batch, steps, features]. The result depends on
 * the shape of x alone. Variable: embeddings [sequenceLength, features]. Throws ShapeError for more steps than sequenceLength.
 *
 * @example
 * ```ts
 * import { positionEmbedding } from 'treadle';
 * positionEmbedding(4, { initializer: 'identity' }).call([[[9, 9], [9, 9]]]); // → [[[1, 0], [0, 1]]]
 * ```
 */
export const positionEmbedding: LayerKind<[sequenceLength: number], PositionEmbeddingOptions> = defineLayer(
  {
    kind: 'positionEmbedding',
    arguments: [['sequenceLength', count]],
    options: { ...layerTypes, initializer },
  },
  (sequenceLength, options) => {
    const first = initializerOf(options.initializer ?? 'glorotUniform');
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
      weights.make('embeddings', [sequenceLength, features], { initializer: first });
      return shape;
    };
    return {
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
    };
  },
);
