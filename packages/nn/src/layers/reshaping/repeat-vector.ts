// repeatVector: makes a sequence of one vector.

import { ShapeError } from '@treadle/tensor';
import { count } from '../../config/plain-types.ts';
import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import type { LayerOptions } from '../../layer/layer.ts';
import { layerTypes } from '../../layer/layer-options.ts';

/**
 * Each vector n times: [batch, features] → [batch, n, features]. Throws RangeError unless n is a whole number ≥ 1; building throws
 * ShapeError for samples that are not vectors.
 *
 * @example
 * ```ts
 * import { repeatVector } from 'treadle';
 * repeatVector(2).call([[1, 2]]); // → [[[1, 2], [1, 2]]]
 * ```
 */
export const repeatVector: LayerKind<[n: number], LayerOptions> = defineLayer(
  { kind: 'repeatVector', arguments: [['n', count]], options: layerTypes },
  (n) => ({
    build: (shape) => {
      if (shape.length === 1) return [n, ...shape];
      throw new ShapeError(`repeatVector: a sample must be a vector; got [${shape.join(', ')}]`);
    },
    call: (x) => x.expandDims(1).broadcastTo([x.shape[0] ?? 1, n, ...x.shape.slice(1)]),
  }),
);
