// How long a node keeps its value and its inputs. Handles, nodes computed from it and pending assignments count as uses. With the
// last use a node releases its inputs, and its value if a handle on it was disposed of; otherwise the garbage collector frees it.

import type { Node, Source } from './node.ts';

export const noInputs: readonly Node[] = [];

/** Sets where the value of a computed node is, and drops its history unless a gradient may need it. */
export function setSourceAndForgetHistory(node: Node, source: Source): void {
  setSource(node, source);
  forgetHistory(node);
}

/** Sets where the value of a computed node is, and keeps its history: for a node that was computed along with others and not read. */
export function setSource(node: Node, source: Source): void {
  node.source = source;
  if (source.kind === 'stored' && !isReleased(node)) source.storage.hold();
}

/** Drops the op and inputs of a node with a value, unless a gradient may need them. */
export function forgetHistory(node: Node): void {
  if (node.tracked || !node.op) return;
  const { inputs } = node;
  if (!node.op.stopsGradients && node.lostHistory === 'none') node.lostHistory = 'untracked';
  node.op = undefined;
  node.inputs = noInputs;
  if (!isReleased(node)) for (const input of inputs) release(input);
}

/** `uses` of a released node: far below 0, so that counting never makes it 0 */
const released = -(2 ** 29);

/** Counts one use more. */
export function retain(node: Node): void {
  if (++node.uses <= 0) retainAgain(node);
}

/** A released node is used after all: it uses its value and its inputs again, which may have been released with it. */
function retainAgain(node: Node): void {
  const revived = [node];
  for (let last = revived.pop(); last; last = revived.pop()) {
    last.uses = 1;
    if (last.source?.kind === 'stored') last.source.storage.hold();
    for (const input of last.inputs) if (++input.uses <= 0) revived.push(input);
  }
}

/**
 * Counts one use less. With its last use a node without a value releases its inputs; a node with a value gives it up if
 * `isFreedWithUse`, and otherwise keeps it until the garbage collector takes both.
 */
export function release(node: Node): void {
  if (--node.uses !== 0) return;
  const unused = [node];
  for (let last = unused.pop(); last; last = unused.pop()) {
    const { source } = last;
    if (source && (source.kind !== 'stored' || !last.isFreedWithUse)) continue;
    last.uses = released;
    source?.storage.letGo();
    for (const input of last.inputs) if (--input.uses === 0) unused.push(input);
  }
}

/** Whether the node has no use, and has released its inputs and value. */
export function isReleased(node: Node): boolean {
  return node.uses < 0;
}
