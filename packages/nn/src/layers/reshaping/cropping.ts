// cropping1d and cropping2d: sequences and images without their ends.

import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import type { LayerOptions } from '../../layer/layer.ts';
import { layerTypes } from '../../layer/layer-options.ts';
import { imageAxes, sequenceAxes, windowParts } from '../convolution/window.ts';
import { endsOf, endsType, type PaddingEnds, type PaddingSides, sidesOf, sidesType } from './padding-sizes.ts';

/**
 * Images without their outermost rows and columns: [batch, rows, columns, channels] → [batch, rows − top − bottom, columns − left −
 * right, channels]; 0 on all sides by default. Throws RangeError for sizes that are not whole numbers ≥ 0.
 *
 * @example
 * ```ts
 * import { cropping2d } from 'treadle';
 * cropping2d([[1, 0], 0]).call([[[[1]], [[2]]]]); // → [[[[2]]]]
 * ```
 */
export const cropping2d: LayerKind<[cropping?: PaddingSides], LayerOptions> = defineLayer(
  { kind: 'cropping2d', arguments: [['cropping', sidesType, 0]], options: layerTypes },
  (cropping) => {
    const [rows, columns] = sidesOf('cropping2d: cropping', cropping);
    return windowParts('cropping2d', imageAxes, (x) => {
      const [batch = 0, height = 0, width = 0] = x.shape;
      return x.slice([0, rows[0], columns[0]], [batch, endAfter(height, rows), endAfter(width, columns)]);
    });
  },
);

/**
 * Sequences without their outermost steps: [batch, steps, channels] → [batch, steps − before − after, channels]; 1 at both ends by
 * default. Throws RangeError for sizes that are not whole numbers ≥ 0.
 *
 * @example
 * ```ts
 * import { cropping1d } from 'treadle';
 * cropping1d([1, 0]).call([[[1], [2], [3]]]); // → [[[2], [3]]]
 * ```
 */
export const cropping1d: LayerKind<[cropping?: PaddingEnds], LayerOptions> = defineLayer(
  { kind: 'cropping1d', arguments: [['cropping', endsType, 1]], options: layerTypes },
  (cropping) => {
    const steps = endsOf('cropping1d: cropping', cropping);
    return windowParts('cropping1d', sequenceAxes, (x) =>
      x.slice([0, steps[0]], [x.shape[0] ?? 0, endAfter(x.shape[1] ?? 0, steps)]),
    );
  },
);

/** The end of the slice that is left; the slice is empty if the axis is shorter than both cuts. */
function endAfter(extent: number, [before, after]: readonly [number, number]): number {
  return Math.max(before, extent - after);
}
