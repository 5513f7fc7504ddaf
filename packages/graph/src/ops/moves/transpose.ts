// transpose: the axes in another order.

import { ShapeError } from '../../calls/errors.ts';
import { checkNumbers } from '../../calls/options.ts';
import { applyOp } from '../../make-node.ts';
import type { MoveOp, Node } from '../../node.ts';
import { normalizeAxis, showShape } from '../../shape.ts';

/** The axes in another order: axis i of the result is axis axes[i] of x. Without `axes`, reversed. */
export function transpose(x: Node, axes?: readonly number[]): Node {
  if (axes !== undefined) checkNumbers('transpose: axes', axes);
  const rank = x.shape.length;
  const order = axes ? axes.map((axis) => normalizeAxis('transpose', axis, rank)) : x.shape.map((_, i) => rank - 1 - i);
  if (order.length !== rank || new Set(order).size !== rank) {
    throw new ShapeError(`transpose: axes must name every axis of ${showShape(x.shape)} once; got ${showShape(order)}`);
  }
  if (order.every((axis, i) => axis === i)) return x;
  const pick = (values: readonly number[]) => order.map((axis) => values[axis] ?? 0);
  const inverse = order.map((_, i) => order.indexOf(i));
  const op: MoveOp = {
    kind: 'move',
    name: 'transpose',
    key: `transpose ${order}`,
    view: (input) => ({ shape: pick(input.shape), strides: pick(input.strides), offset: input.offset }),
    gradient: (dy) => [transpose(dy, inverse)],
    batched: ([stack = x]) => transpose(stack, [0, ...order.map((axis) => axis + 1)]),
  };
  return applyOp(op, [x], pick(x.shape), x.dtype);
}
