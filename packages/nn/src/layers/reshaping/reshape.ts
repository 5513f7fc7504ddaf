// reshape: gives samples another shape.

import { checkNumbers, type Shape, ShapeError } from '@treadle/tensor';
import type { OptionType } from '../../config/kind.ts';
import { numbers } from '../../config/plain-types.ts';
import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import { keepRange, type LayerOptions } from '../../layer/layer.ts';
import { layerTypes } from '../../layer/layer-options.ts';
import { sizeOfSample } from './flatten.ts';

const shapeType: OptionType<Shape> = {
  ...numbers,
  check: (_, shape) => checkNumbers('reshape: the shape', shape, '; reshape([2, 3]) takes it as one argument'),
};

/**
 * The elements of each sample in another shape: [batch, …] → [batch, ...targetShape]. One extent may be −1, which is then computed.
 * Building throws ShapeError if the number of elements changes.
 *
 * @example
 * ```ts
 * import { reshape } from 'treadle';
 * reshape([2, -1]).call([[1, 2, 3, 4]]); // → [[[1, 2], [3, 4]]]
 * ```
 */
export const reshape: LayerKind<[targetShape: Shape], LayerOptions> = defineLayer(
  {
    kind: 'reshape',
    arguments: [['targetShape', shapeType]],
    options: layerTypes,
    instead: 'x.reshape([2, 3]) computes',
  },
  (targetShape) => {
    const resolve = (shape: Shape): Shape => {
      const known = sizeOfSample(targetShape.filter((extent) => extent !== -1));
      const free = targetShape.filter((extent) => extent === -1).length;
      const size = sizeOfSample(shape);
      const fits = free === 0 ? known === size : free === 1 && known > 0 && size % known === 0;
      if (!fits) {
        const got = `got [${shape.join(', ')}] → [${targetShape.join(', ')}]`;
        throw new ShapeError(`reshape: the number of elements of a sample must stay the same; ${got}`);
      }
      return targetShape.map((extent) => (extent === -1 ? size / known : extent));
    };
    return {
      build: resolve,
      call: (x) => x.reshape([x.shape[0] ?? 1, ...resolve(x.shape.slice(1))]),
      outputRange: keepRange,
    };
  },
);
