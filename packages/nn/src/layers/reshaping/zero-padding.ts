// zeroPadding1d and zeroPadding2d: zeros around sequences and images.

import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import type { LayerOptions } from '../../layer/layer.ts';
import { layerTypes } from '../../layer/layer-options.ts';
import { imageAxes, sequenceAxes, windowParts } from '../convolution/window.ts';
import { endsOf, endsType, type PaddingEnds, type PaddingSides, sidesOf, sidesType } from './padding-sizes.ts';

/**
 * Zeros around images: [batch, rows, columns, channels] → [batch, top + rows + bottom, left + columns + right, channels]; 1 on all
 * sides by default. Throws RangeError for sizes that are not whole numbers ≥ 0.
 *
 * @example
 * ```ts
 * import { zeroPadding2d } from 'treadle';
 * zeroPadding2d([[1, 0], 0]).call([[[[5]]]]); // → [[[[0]], [[5]]]]
 * ```
 */
export const zeroPadding2d: LayerKind<[padding?: PaddingSides], LayerOptions> = defineLayer(
  { kind: 'zeroPadding2d', arguments: [['padding', sidesType, 1]], options: layerTypes },
  (padding) => {
    const [rows, columns] = sidesOf('zeroPadding2d: padding', padding);
    return windowParts('zeroPadding2d', imageAxes, (x) => x.pad([[0, 0], rows, columns, [0, 0]]));
  },
);

/**
 * Zeros before and after sequences: [batch, steps, channels] → [batch, before + steps + after, channels]; 1 at both ends by default.
 * Throws RangeError for sizes that are not whole numbers ≥ 0.
 *
 * @example
 * ```ts
 * import { zeroPadding1d } from 'treadle';
 * zeroPadding1d([2, 0]).call([[[5]]]); // → [[[0], [0], [5]]]
 * ```
 */
export const zeroPadding1d: LayerKind<[padding?: PaddingEnds], LayerOptions> = defineLayer(
  { kind: 'zeroPadding1d', arguments: [['padding', endsType, 1]], options: layerTypes },
  (padding) => {
    const steps = endsOf('zeroPadding1d: padding', padding);
    return windowParts('zeroPadding1d', sequenceAxes, (x) => x.pad([[0, 0], steps, [0, 0]]));
  },
);
