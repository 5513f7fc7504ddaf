// Constants that ops are simplified by, where that changes no bit: only numbers that follow from structure alone, for another
// number of the program must give the same graph.

import type { Node } from '../../node.ts';

/** The number that a node is for good; undefined for any other node. */
export function constantOf({ source }: Node): number | undefined {
  return source?.kind === 'constant' ? source.value : undefined;
}

/** Whether the node is the constant `value`. */
export function isConstant(node: Node, value: number): boolean {
  return Object.is(constantOf(node), value);
}
