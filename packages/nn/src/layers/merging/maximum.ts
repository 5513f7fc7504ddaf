// maximum: takes the largest of its inputs.

import type { LayerKind } from '../../layer/define-layer.ts';
import type { LayerOptions } from '../../layer/layer.ts';
import { elementwise } from './elementwise.ts';

/**
 * The largest of all inputs, element by element: one or more [batch, …] of one shape, in which extents of 1 are stretched, → [batch, …]. Building throws ShapeError for shapes that do
 * not fit, RangeError for a wrong number of inputs.
 *
 * @example
 * ```ts
 * import { input, layers, model } from 'treadle';
 * const [a, b] = [input([2]), input([2])];
 * const network = model({ inputs: [a, b], outputs: layers.maximum()([a, b]) });
 * await network.predict([[[1, 2]], [[3, 4]]]); // → [[3, 4]]
 * ```
 */
export const maximum: LayerKind<[], LayerOptions> = elementwise({
  kind: 'maximum',
  instead: 'maximum(a, b) computes',
  combine: (a, b) => a.maximum(b),
});
