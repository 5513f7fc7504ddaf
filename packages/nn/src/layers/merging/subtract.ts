// subtract: subtracts one input from another.

import type { LayerKind } from '../../layer/define-layer.ts';
import type { LayerOptions } from '../../layer/layer.ts';
import { elementwise } from './elementwise.ts';

/**
 * The first of two inputs minus the second, element by element: two [batch, …] of one shape, in which extents of 1 are stretched, → [batch, …]. Building throws ShapeError for shapes that do
 * not fit, RangeError for a wrong number of inputs.
 *
 * @example
 * ```ts
 * import { input, layers, model } from 'treadle';
 * const [a, b] = [input([2]), input([2])];
 * const network = model({ inputs: [a, b], outputs: layers.subtract()([a, b]) });
 * await network.predict([[[1, 2]], [[3, 4]]]); // → [[-2, -2]]
 * ```
 */
export const subtract: LayerKind<[], LayerOptions> = elementwise({
  kind: 'subtract',
  instead: 'sub(a, b) computes',
  count: 2,
  combine: (a, b) => a.sub(b),
});
