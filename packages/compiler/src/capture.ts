// A capture: the part of the graph that some roots need, as a list in which inputs come before what is computed from them.
// Its key says its structure and nothing of its values: captures with equal keys can run the same plan, their sources bound
// in the same order.

import type { Node, VariableState } from '@treadle/graph';

/** A value to be computed; with `target`, it becomes the variable's value. */
export interface Root {
  readonly node: Node;
  readonly target?: VariableState;
}

export interface Captured {
  readonly node: Node;
  /** positions of the inputs; empty for a source */
  readonly inputs: readonly number[];
}

export interface Capture {
  readonly entries: readonly Captured[];
  /** positions of the sources */
  readonly sources: readonly number[];
  /** for each root: the position of its node */
  readonly roots: readonly { readonly at: number; readonly target: VariableState | undefined }[];
  readonly key: string;
}

export function capture(roots: readonly Root[]): Capture {
  const entries: Captured[] = [];
  const sources: number[] = [];
  const positions = new Map<Node, number>();
  const variables = new Map<VariableState, number>();
  let key = '';

  const enter = (node: Node): void => {
    const at = entries.length;
    positions.set(node, at);
    if (node.source) {
      sources.push(at);
      if (node.source.kind === 'variable') variables.set(node.source.state, at);
      const which = node.source.kind === 'argument' ? node.source.index : '';
      key += `${node.source.kind}${which}[${node.shape}]${node.dtype}\n`;
      entries.push({ node, inputs: [] });
      return;
    }
    if (!node.op) throw new Error('internal: a node must have an op or a source');
    const inputs = node.inputs.map((input) => positions.get(input) ?? -1);
    key += `${node.op.key}(${inputs})[${node.shape}]${node.dtype}\n`;
    entries.push({ node, inputs });
  };

  for (const { node } of roots) visit(node, positions, enter);
  const found = roots.map(({ node, target }) => ({ at: positions.get(node) ?? -1, target }));
  for (const { at, target } of found) key += target ? `${at} → ${variables.get(target) ?? 'variable'}\n` : `${at}\n`;
  return { entries, sources, roots: found, key };
}

/** Depth first, inputs before consumers, without recursion: graphs may be deep. */
function visit(root: Node, seen: ReadonlyMap<Node, number>, enter: (node: Node) => void): void {
  if (seen.has(root)) return;
  const stack: { node: Node; next: number }[] = [{ node: root, next: 0 }];
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const input = top.node.source ? undefined : top.node.inputs[top.next++];
    if (!input) {
      if (!seen.has(top.node)) enter(top.node);
      stack.pop();
    } else if (!seen.has(input)) {
      stack.push({ node: input, next: 0 });
    }
  }
}
