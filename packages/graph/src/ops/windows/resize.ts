// resize: images at another size. Each output is the nearest element, or interpolates linearly between the two nearest of each axis.
// Positions are those of pixel centres, as in TensorFlow and Keras; beyond the outermost centres the edge is repeated.

import { ShapeError } from '../../calls/errors.ts';
import { show } from '../../calls/show.ts';
import type { Node } from '../../node.ts';
import { showShape } from '../../shape.ts';
import { arange } from '../elementwise/arange.ts';
import { add, div, mul, sub } from '../elementwise/arithmetic.ts';
import { cast } from '../elementwise/cast.ts';
import { clip } from '../elementwise/maximum.ts';
import { floor } from '../elementwise/rounding.ts';
import { gatherUnchecked } from '../indexing/gather.ts';
import { reshape } from '../moves/reshape.ts';
import { broadcastTo } from '../reduce/sum-and-broadcast.ts';
import { type Pair, pairOf, requireImages } from './window.ts';

/** How resize computes elements between pixels. */
export type Interpolation = 'nearest' | 'bilinear';

/**
 * x [batch, rows, columns, channels] → [batch, rows′, columns′, channels], the size being [rows′, columns′]; float32 where bilinear, x's dtype
 * where nearest. Throws ShapeError for images without pixels, RangeError for a size or an interpolation that does not exist.
 */
export function resize(x: Node, size: Pair, interpolation: Interpolation = 'nearest'): Node {
  const [, rows, columns] = requireImages('resize', x);
  const [toRows, toColumns] = pairOf('resize', 'size', size);
  if (rows * columns === 0) throw new ShapeError(`resize: images must have pixels; got ${showShape(x.shape)}`);
  if (interpolation !== 'nearest' && interpolation !== 'bilinear') {
    throw new RangeError(`resize: interpolation must be 'nearest' or 'bilinear'; got ${show(interpolation)}`);
  }
  const along = interpolation === 'nearest' ? nearest : bilinear;
  return along(along(x, 1, toRows), 2, toColumns);
}

/** The centre of each output in units of input pixels, from the edge of the first: (o + 1/2)·input / output, which is rounded once. */
function centres(input: number, output: number): Node {
  return div(mul(add(cast(arange(output), 'float32'), 0.5), input), output);
}

function nearest(x: Node, axis: number, output: number): Node {
  const input = x.shape[axis] ?? 1;
  if (output === input) return x;
  if (output % input === 0) return repeated(x, axis, output / input);
  return gatherUnchecked(x, cast(clip(floor(centres(input, output)), 0, input - 1), 'int32'), axis);
}

/** Each element repeated `times` times along the axis, by moves alone. */
function repeated(x: Node, axis: number, times: number): Node {
  const [before, after] = [x.shape.slice(0, axis + 1), x.shape.slice(axis + 1)];
  const stretched = broadcastTo(reshape(x, [...before, 1, ...after]), [...before, times, ...after]);
  return reshape(stretched, [...x.shape.slice(0, axis), (x.shape[axis] ?? 1) * times, ...after]);
}

function bilinear(x: Node, axis: number, output: number): Node {
  const values = cast(x, 'float32');
  const input = x.shape[axis] ?? 1;
  if (output === input) return values;
  const position = clip(sub(centres(input, output), 0.5), 0, input - 1);
  const low = floor(position);
  const part = reshape(sub(position, low), [output, ...values.shape.slice(axis + 1).map(() => 1)]);
  const high = clip(add(low, 1), 0, input - 1);
  const [a, b] = [low, high].map((at) => gatherUnchecked(values, cast(at, 'int32'), axis));
  if (!a || !b) throw new Error('internal: two neighbours');
  return add(mul(a, sub(1, part)), mul(b, part));
}
