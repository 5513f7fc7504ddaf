// depthwiseConv2d: the convolution of each channel by itself, as a conv2d whose groups are the channels.

import { ShapeError } from '../../calls/errors.ts';
import { readOptions } from '../../calls/options.ts';
import type { Node } from '../../node.ts';
import { showShape } from '../../shape.ts';
import { expandDims, reshape } from '../moves/reshape.ts';
import { broadcastTo } from '../reduce/sum-and-broadcast.ts';
import { convolution } from './conv2d.ts';
import { type DilatedOptions, dilatedOptions, requireImages } from './window.ts';

/**
 * x [batch, rows, columns, channels] ⋆ w [rows, columns, channels, multiplier] → [batch, rows′, columns′, channels · multiplier],
 * float32: filter c · multiplier + m reads channel c alone. Throws ShapeError where shapes do not fit, RangeError for options.
 */
export function depthwiseConv2d(x: Node, w: Node, options: DilatedOptions = {}): Node {
  readOptions('depthwiseConv2d', options, dilatedOptions);
  const [images, rows, columns, channels] = requireImages('depthwiseConv2d', x);
  const [tapRows = 0, tapColumns = 0, taken, multiplier = 0] = w.shape;
  if (w.shape.length !== 4 || taken !== channels || tapRows * tapColumns === 0) {
    throw new ShapeError(
      `depthwiseConv2d: w must be [rows, columns, channels of x, multiplier], its window not empty; got ${showShape(x.shape)} ⋆ ${showShape(w.shape)}`,
    );
  }
  const all = channels * multiplier;
  const repeated =
    multiplier === 1
      ? x
      : reshape(broadcastTo(expandDims(x, -1), [...x.shape, multiplier]), [images, rows, columns, all]);
  return convolution('depthwiseConv2d', repeated, reshape(w, [tapRows, tapColumns, all === 0 ? 0 : 1, all]), {
    ...options,
    groups: Math.max(1, all),
  });
}
