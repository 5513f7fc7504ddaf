// cumsum: running sums along an axis. The gradient is a running sum from the other end.

import { runningSum } from '@treadle/kernels';
import { laneOf } from '../../dtype.ts';
import { applyOp } from '../../make-node.ts';
import type { Node, TiledOp } from '../../node.ts';
import { denseView, normalizeAxis, sizeOf } from '../../shape.ts';
import { asNumbers } from '../elementwise/cast.ts';
import { flip } from '../moves/flip.ts';
import { reshape } from '../moves/reshape.ts';

/** x [outer, n, inner] → the same shape. */
function sumsAlong(x: Node): Node {
  const op: TiledOp = {
    kind: 'tiled',
    name: 'cumsum',
    key: 'cumsum',
    kernels: ({ inputs: [source], output }) => {
      if (!source) throw new Error('internal: cumsum needs its input');
      const store = { slot: output, view: denseView(x.shape) };
      return [runningSum({ name: `cumsum ${x.shape.join('×')}`, type: laneOf(x.dtype), source, store })];
    },
    gradient: (dy) => [x.dtype === 'float32' ? flip(sumsAlong(flip(dy, 1)), 1) : undefined],
  };
  return applyOp(op, [x], x.shape, x.dtype);
}

/** yₖ = x₀ + … + xₖ along the axis; of all elements, flattened, by default. bool counts as 0 and 1. */
export function cumsum(x: Node, axis?: number): Node {
  const values = asNumbers(x);
  if (axis === undefined) return reshape(sumsAlong(reshape(values, [1, sizeOf(x.shape), 1])), [sizeOf(x.shape)]);
  const at = normalizeAxis('cumsum', axis, x.shape.length);
  const [before, after] = [x.shape.slice(0, at), x.shape.slice(at + 1)];
  return reshape(sumsAlong(reshape(values, [sizeOf(before), x.shape[at] ?? 1, sizeOf(after)])), x.shape);
}
