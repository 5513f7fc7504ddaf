// How long a node keeps its value and its inputs. Handles, nodes computed from it and pending assignments count as uses. With the
// last use a node releases its inputs, and its value if a handle on it was disposed of; otherwise the garbage collector frees it.

import type { Node, Source } from './node.ts';

export const noInputs: readonly Node[] = [];

/** Notes where the node's value lies, and forgets how it came about unless a gradient may ask. */
export function setSourceAndForgetHistory(node: Node, source: Source): void {
  setSource(node, source);
  forgetHistory(node);
}

/** Notes where the value lies of a node that was computed along with another and not read yet: a gradient may still ask. */
export function setSource(node: Node, source: Source): void {
  node.source = source;
  if (source.kind === 'stored' && !isReleased(node)) source.storage.hold();
}

/** Forgets how a node with a value came about, unless a gradient may ask. */
export function forgetHistory(node: Node): void {
  if (node.tracked || !node.op) return;
  const { inputs } = node;
  if (!node.op.stopsGradients && node.lostHistory === 'none') node.lostHistory = 'untracked';
  node.op = undefined;
  node.inputs = noInputs;
  if (!isReleased(node)) for (const input of inputs) release(input);
}

/** `uses` of a node that holds nothing any more */
const released = -(2 ** 29);

/** One more needs the node. */
export function retain(node: Node): void {
  if (++node.uses <= 0) retainAgain(node);
}

/** What was idle is used after all: it holds again what it is computed from. */
function retainAgain(node: Node): void {
  const woken = [node];
  for (let last = woken.pop(); last; last = woken.pop()) {
    last.uses = 1;
    if (last.source?.kind === 'stored') last.source.storage.hold();
    for (const input of last.inputs) if (++input.uses <= 0) woken.push(input);
  }
}

/**
 * One fewer needs the node. With the last one goes what it holds of the nodes that it is computed from, and its value, if it
 * is to be freed then; otherwise that is left to the garbage collector, as it is when users are merely forgotten.
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

/** Whether nothing needs the node, and it has let go of what it needs itself. */
export function isReleased(node: Node): boolean {
  return node.uses < 0;
}
