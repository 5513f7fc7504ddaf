// flatten: all axes of a sample become one.

import { type Shape, ShapeError } from '@treadle/tensor';
import type { LayerFunction } from '../../layer/callable.ts';
import { keepRange, type LayerOptions, sampleShape } from '../../layer/layer.ts';
import { layerOptions, readLayerOptions } from '../../layer/layer-options.ts';
import { makeLayer } from '../../layer/make-layer.ts';
import { isKnown } from '../../layer/open-shape.ts';

function sizeOf(shape: Shape): number {
  return shape.reduce((size, extent) => size * extent, 1);
}

/** [batch, a, b, …] → [batch, a·b·…]; [batch] → [batch, 1]. */
export function flatten(options: LayerOptions = {}): LayerFunction {
  readLayerOptions('flatten', options, layerOptions, 'x.flatten() computes');
  const { inputShape } = options;
  return makeLayer({
    kind: 'flatten',
    options: { ...options },
    build: (shape) => [sizeOf(shape)],
    call: (x) => {
      const shape = sampleShape('flatten', x);
      if (inputShape && isKnown(inputShape) && sizeOf(shape) !== sizeOf(inputShape)) {
        throw new ShapeError(
          `flatten: a sample must have the shape [${inputShape.join(', ')}]; got [batch, ${shape.join(', ')}]`,
        );
      }
      return x.reshape([x.shape[0] ?? 1, sizeOf(shape)]);
    },
    outputRange: keepRange,
  });
}
