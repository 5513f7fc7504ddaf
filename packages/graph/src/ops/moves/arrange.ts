// stack, split, tile: arrangements composed of moves and concat.

import { ShapeError } from '../../calls/errors.ts';
import { checkNumbers } from '../../calls/options.ts';
import { show } from '../../calls/show.ts';
import type { Node } from '../../node.ts';
import { normalizeAxis, sameShape, showShape } from '../../shape.ts';
import { broadcastTo } from '../reduce/sum.ts';
import { concat, expandDims, requireOneDtype, reshape, slice } from './moves.ts';

/** Tensors of one shape and dtype side by side along a new axis. */
export function stack(nodes: readonly Node[], axis = 0): Node {
  const first = nodes[0];
  if (!first || nodes.some((node) => !sameShape(node.shape, first.shape))) {
    const got = nodes.map((node) => showShape(node.shape)).join(', ');
    throw new ShapeError(`stack: one tensor or more, all of one shape; got ${got || 'none'}`);
  }
  requireOneDtype('stack', nodes);
  const at = normalizeAxis('stack', axis, first.shape.length + 1);
  return concat(
    nodes.map((node) => expandDims(node, at)),
    at,
  );
}

/** The parts of x along the axis: so many equal ones, or ones of the lengths given. */
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

/** An array of so many parts is worth making: of an axis of no elements there may be any number of parts, but not without end. */
function isCount(parts: number, extent: number): boolean {
  return Number.isInteger(parts) && parts >= 1 && parts <= Math.max(extent, 2 ** 16);
}

/** x repeated `counts[i]` times along axis i. */
export function tile(x: Node, counts: readonly number[]): Node {
  checkNumbers('tile: counts', counts, '; tile([2, 3]) repeats a matrix 2 × 3 times');
  if (counts.length !== x.shape.length || !counts.every((n) => Number.isInteger(n) && n >= 0)) {
    throw new ShapeError(`tile: a whole number ≥ 0 for every axis; got ${showShape(counts)} for ${showShape(x.shape)}`);
  }
  // [a, b] → [1, a, 1, b] → [m, a, n, b] → [m·a, n·b]
  const spread = reshape(
    x,
    x.shape.flatMap((extent) => [1, extent]),
  );
  const repeated = broadcastTo(
    spread,
    x.shape.flatMap((extent, i) => [counts[i] ?? 1, extent]),
  );
  return reshape(
    repeated,
    x.shape.map((extent, i) => extent * (counts[i] ?? 1)),
  );
}
