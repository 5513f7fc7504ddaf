// split: the pieces of a tensor along an axis.

import { ShapeError } from '../../calls/errors.ts';
import { checkNumbers } from '../../calls/options.ts';
import { show } from '../../calls/show.ts';
import type { Node } from '../../node.ts';
import { normalizeAxis, showShape } from '../../shape.ts';
import { slice } from './slice-and-pad.ts';

/** The pieces of x along the axis: `parts` equal ones, or pieces of the lengths `parts`. */
export function split(x: Node, parts: number | readonly number[], axis = 0): readonly Node[] {
  if (typeof parts !== 'number') checkNumbers('split: parts', parts);
  const at = normalizeAxis('split', axis, x.shape.length);
  const extent = x.shape[at] ?? 1;
  const equal = (count: number): number[] =>
    isCount(count, extent) ? new Array<number>(count).fill(extent / count) : [Number.NaN];
  const lengths = typeof parts === 'number' ? equal(parts) : parts;
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (total !== extent || !lengths.every((length) => Number.isInteger(length) && length >= 0)) {
    throw new ShapeError(
      `split: the parts must be whole and add up to the axis; got ${showShape(x.shape)}, axis ${at}, into ${show(parts)}`,
    );
  }
  let from = 0;
  return lengths.map((length) => {
    const before = from;
    from += length;
    const begin = x.shape.map((_, i) => (i === at ? before : 0));
    const end = x.shape.map((whole, i) => (i === at ? from : whole));
    return slice(x, begin, end);
  });
}

/** Whether an axis may have so many parts. An empty axis may have any number, up to a limit that keeps the array of parts small. */
function isCount(parts: number, extent: number): boolean {
  return Number.isInteger(parts) && parts >= 1 && parts <= Math.max(extent, 2 ** 16);
}
