// flip: axes in reverse order.

import { applyOp } from '../../make-node.ts';
import type { MoveOp, Node } from '../../node.ts';
import { normalizeAxes } from '../../shape.ts';

/** x with the elements along the axes in reverse order; along all axes by default. */
export function flip(x: Node, axes?: number | readonly number[]): Node {
  const reversed = normalizeAxes('flip', axes, x.shape.length);
  const op: MoveOp = {
    kind: 'move',
    name: 'flip',
    key: `flip ${reversed}`,
    view: ({ shape, strides, offset }) => ({
      shape,
      strides: strides.map((stride, i) => (reversed.includes(i) ? -stride : stride)),
      offset: reversed.reduce((sum, i) => sum + Math.max(0, (shape[i] ?? 0) - 1) * (strides[i] ?? 0), offset),
    }),
    gradient: (dy) => [flip(dy, reversed)],
  };
  return applyOp(op, [x], x.shape, x.dtype);
}
