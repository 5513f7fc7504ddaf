// Constants by which ops are simplified where that changes no bit. Only numbers that follow from shapes and ops alone count: for another
// number of the user's program the graph must be the same.

import type { Node } from '../../node.ts';

/** The number of a constant node; undefined for any other node. */
export function constantOf({ source }: Node): number | undefined {
  return source?.kind === 'constant' ? source.value : undefined;
}

/** Whether the node is the constant `value`. */
export function isConstant(node: Node, value: number): boolean {
  return Object.is(constantOf(node), value);
}
