// concatenate: puts its inputs side by side along an axis.

import { concat, type Shape, ShapeError } from '@treadle/tensor';
import { number } from '../../config/plain-types.ts';
import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import type { LayerOptions } from '../../layer/layer.ts';
import { layerTypes } from '../../layer/layer-options.ts';
import { intersectMasks } from '../../layer/mask.ts';
import { axesOf } from '../../layer/sample-axes.ts';

/** Options of `concatenate`. */
export interface ConcatenateOptions extends LayerOptions {
  /** the axis along which inputs are joined, where axis 0 is the batch; the last by default */
  readonly axis?: number | undefined;
}

/**
 * All inputs side by side along an axis: one or more [batch, …] whose other extents are equal → [batch, …]. Building throws ShapeError
 * for shapes that do not fit, RangeError for no input or an axis that does not exist.
 *
 * @example
 * ```ts
 * import { input, layers, model } from 'treadle';
 * const [a, b] = [input([2]), input([1])];
 * const joined = model({ inputs: [a, b], outputs: layers.concatenate()([a, b]) });
 * await joined.predict([[[1, 2]], [[3]]]); // → [[1, 2, 3]]
 * ```
 */
export const concatenate: LayerKind<[], ConcatenateOptions> = defineLayer(
  {
    kind: 'concatenate',
    arguments: [],
    options: { ...layerTypes, axis: number },
    instead: 'concat([a, b]) computes',
  },
  ({ axis = -1 }) => {
    const axisOf = (shape: Shape): number => axesOf('concatenate', shape, axis)[0] ?? 1;
    return {
      needs: () => [],
      buildAll: (shapes) => [joined(shapes, axisOf)],
      callAll: (xs) => [concat(xs, axisOf(xs[0]?.shape.slice(1) ?? []))],
      outputMask: (xs, masks) => {
        // along the steps themselves masks would have to be joined too; along other axes all inputs have the same steps
        const isAlongSteps = axisOf(xs[0]?.shape.slice(1) ?? []) === 1 && (xs[0]?.rank ?? 0) > 2;
        return isAlongSteps ? undefined : intersectMasks(xs, masks);
      },
    };
  },
);

function joined(shapes: readonly Shape[], axisOf: (shape: Shape) => number): Shape {
  const [first] = shapes;
  if (!first) throw new RangeError('concatenate: there must be one or more inputs; got 0');
  const at = axisOf(first) - 1;
  for (const shape of shapes) {
    if (shape.length === first.length && shape.every((extent, i) => i === at || extent === first[i])) continue;
    const got = shapes.map((each) => `[${each.join(', ')}]`).join(', ');
    throw new ShapeError(`concatenate: all extents but that of axis ${at + 1} must be equal; got ${got}`);
  }
  const length = shapes.reduce((sum, shape) => sum + (shape[at] ?? 0), 0);
  return first.map((extent, i) => (i === at ? length : extent));
}
