// tile: a tensor repeated along its axes.

import { ShapeError } from '../../calls/errors.ts';
import { checkNumbers } from '../../calls/options.ts';
import type { Node } from '../../node.ts';
import { showShape } from '../../shape.ts';
import { broadcastTo } from '../reduce/sum-and-broadcast.ts';
import { reshape } from './reshape.ts';

/** x repeated `counts[i]` times along axis i. */
export function tile(x: Node, counts: readonly number[]): Node {
  checkNumbers('tile: counts', counts, '; tile([2, 3]) repeats a matrix 2 × 3 times');
  if (counts.length !== x.shape.length || !counts.every((n) => Number.isInteger(n) && n >= 0)) {
    throw new ShapeError(
      `tile: counts must be a whole number ≥ 0 for every axis; got ${showShape(counts)} for ${showShape(x.shape)}`,
    );
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
