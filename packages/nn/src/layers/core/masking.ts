// masking: marks the steps of a sequence that hold nothing but a padding value.

import { ShapeError, type Tensor } from '@treadle/tensor';
import { checkedNumber } from '../../config/plain-types.ts';
import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import type { LayerOptions } from '../../layer/layer.ts';
import { layerTypes } from '../../layer/layer-options.ts';

/**
 * x [batch, steps, …], with 0 in the steps whose elements all equal maskValue, 0 by default. Later layers leave these steps out.
 * Throws ShapeError for a sample without an axis of features, TypeError for a maskValue that is not a number.
 *
 * @example
 * ```ts
 * import { masking } from 'treadle';
 * masking(-1).call([[[-1, -1], [-1, 3]]]); // → [[[0, 0], [-1, 3]]]
 * ```
 */
export const masking: LayerKind<[maskValue?: number], LayerOptions> = defineLayer(
  { kind: 'masking', arguments: [['maskValue', checkedNumber, 0]], options: layerTypes },
  (maskValue) => ({
    build: (shape) => {
      if (shape.length > 1) return shape;
      throw new ShapeError(`masking: a sample must be [steps, features, …]; got [${shape.join(', ')}]`);
    },
    needs: () => [],
    call: (x) => x.notEqual(maskValue).any(axesAfterSteps(x), { keepDims: true }).where(x, 0),
    outputMask: ([x]) => x?.notEqual(maskValue).any(axesAfterSteps(x)),
  }),
);

function axesAfterSteps(x: Tensor): readonly number[] {
  return x.shape.map((_, i) => i).slice(2);
}
