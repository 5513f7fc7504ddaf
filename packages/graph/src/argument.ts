// A node of its own for an argument of a function: the same value, but not the same node. So a function sees where its arguments
// end, and one tensor that is given twice has two gradients.

import { applyOp } from './make-node.ts';
import type { MoveOp, Node } from './node.ts';

const identity: MoveOp = {
  kind: 'move',
  name: 'argument',
  key: 'argument',
  view: (input) => input,
  gradient: (dy) => [dy],
};

/** x as another node. With `isTracked`, its history is kept until it is released, so that gradients can reach it. */
export function argumentNode(x: Node, isTracked = false): Node {
  return applyOp(identity, [x], x.shape, x.dtype, isTracked);
}
