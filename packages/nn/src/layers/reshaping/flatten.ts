// flatten: makes a vector of each sample.

import { type Shape, ShapeError } from '@treadle/tensor';
import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import { keepRange, type LayerOptions, sampleShape } from '../../layer/layer.ts';
import { layerTypes } from '../../layer/layer-options.ts';
import { isKnown } from '../../layer/open-shape.ts';

/** The number of elements of a sample of that shape. */
export function sizeOfSample(shape: Shape): number {
  return shape.reduce((size, extent) => size * extent, 1);
}

/**
 * [batch, a, b, …] → [batch, a·b·…]; [batch] → [batch, 1]. Throws ShapeError for samples of another size than inputShape says.
 *
 * @example
 * ```ts
 * import { flatten } from 'treadle';
 * flatten().call([[[1, 2], [3, 4]]]); // → [[1, 2, 3, 4]]
 * ```
 */
export const flatten: LayerKind<[], LayerOptions> = defineLayer(
  { kind: 'flatten', arguments: [], options: layerTypes, instead: 'x.flatten() computes' },
  ({ inputShape }) => ({
    build: (shape) => [sizeOfSample(shape)],
    call: (x) => {
      const shape = sampleShape('flatten', x);
      if (inputShape && isKnown(inputShape) && sizeOfSample(shape) !== sizeOfSample(inputShape)) {
        throw new ShapeError(
          `flatten: a sample must have the shape [${inputShape.join(', ')}]; got [batch, ${shape.join(', ')}]`,
        );
      }
      return x.reshape([x.shape[0] ?? 1, sizeOfSample(shape)]);
    },
    outputRange: keepRange,
  }),
);
