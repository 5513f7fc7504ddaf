// masking: says which steps of a sequence count: those that are not filled with one value.

import { checkNumber, ShapeError, type Tensor } from '@treadle/tensor';
import type { LayerFunction } from '../../layer/callable.ts';
import type { LayerOptions } from '../../layer/layer.ts';
import { layerOptions, readLayerOptions, refuseTensors } from '../../layer/layer-options.ts';
import { makeLayer } from '../../layer/make-layer.ts';

/** x [batch, steps, …] with 0 in place of the steps whose elements all equal maskValue, which later layers leave out. */
export function masking(maskValue = 0, options: LayerOptions = {}): LayerFunction {
  refuseTensors('masking', maskValue);
  checkNumber('masking: maskValue', maskValue);
  readLayerOptions('masking', options, layerOptions);
  const counts = (x: Tensor): Tensor => x.notEqual(maskValue).any(axesAfterSteps(x));
  return makeLayer({
    kind: 'masking',
    options: { maskValue, ...options },
    build: (shape) => {
      if (shape.length > 1) return shape;
      throw new ShapeError(`masking: a sample must be [steps, features, …]; got [${shape.join(', ')}]`);
    },
    needs: () => [],
    call: (x) => x.notEqual(maskValue).any(axesAfterSteps(x), { keepDims: true }).where(x, 0),
    outputMask: ([x]) => x && counts(x),
  });
}

function axesAfterSteps(x: Tensor): readonly number[] {
  return x.shape.map((_, i) => i).slice(2);
}
