// flip: axes in reverse order.

import { applyOp } from '../../make-node.ts';
import type { MoveOp, Node } from '../../node.ts';
import { normalizeAxes } from '../../shape.ts';

/** The axes named run backwards; all of them if none is named. */
export function flip(x: Node, axes?: number | readonly number[]): Node {
  const turned = normalizeAxes('flip', axes, x.shape.length);
  const op: MoveOp = {
    kind: 'move',
    name: 'flip',
    key: `flip ${turned}`,
    view: ({ shape, strides, offset }) => ({
      shape,
      strides: strides.map((stride, i) => (turned.includes(i) ? -stride : stride)),
      offset: turned.reduce((sum, i) => sum + Math.max(0, (shape[i] ?? 0) - 1) * (strides[i] ?? 0), offset),
    }),
    gradient: (dy) => [flip(dy, turned)],
  };
  return applyOp(op, [x], x.shape, x.dtype);
}
