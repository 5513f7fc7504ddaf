// minimum: takes the smallest of its inputs.

import type { LayerKind } from '../../layer/define-layer.ts';
import type { LayerOptions } from '../../layer/layer.ts';
import { elementwise } from './elementwise.ts';

/**
 * The smallest of all inputs, element by element: one or more [batch, …] of one shape, in which extents of 1 are stretched, → [batch, …]. Building throws ShapeError for shapes that do
 * not fit, RangeError for a wrong number of inputs.
 *
 * @example
 * ```ts
 * import { input, layers, model } from 'treadle';
 * const [a, b] = [input([2]), input([2])];
 * const network = model({ inputs: [a, b], outputs: layers.minimum()([a, b]) });
 * await network.predict([[[1, 2]], [[3, 4]]]); // → [[1, 2]]
 * ```
 */
export const minimum: LayerKind<[], LayerOptions> = elementwise({
  kind: 'minimum',
  instead: 'minimum(a, b) computes',
  combine: (a, b) => a.minimum(b),
});
