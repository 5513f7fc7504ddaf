// A capture: the part of the graph that some roots need, as a list in which inputs come before what is computed from them. The list is
// made for every run that is not compiled, so it is made in one pass over the nodes, together with a fingerprint. Captures with equal
// fingerprints run the same plan, with their sources bound in the same order. Only a new plan needs the inputs by their positions.

import { type Node, newWalk, type VariableState } from '@treadle/graph';
import { type Fingerprint, FingerprintWriter } from './fingerprint.ts';

/** A node whose value is wanted; with `target`, the value is assigned to that variable. */
export interface Root {
  readonly node: Node;
  readonly target?: VariableState;
  /** whether it was not asked for, and is computed because that costs nothing beside the others */
  readonly isUnread?: boolean;
}

/** A node of a capture. */
export interface Entry {
  readonly node: Node;
  /** positions of the inputs; empty for a source */
  readonly inputs: readonly number[];
}

/** What a plan is made from. Entries are known by their positions in the list. */
export interface Capture {
  readonly entries: readonly Entry[];
  /** positions of the sources */
  readonly sources: readonly number[];
  /** for each root: the position of its node */
  readonly roots: readonly { readonly at: number; readonly target: VariableState | undefined }[];
}

/** The nodes that some roots need, inputs before what is computed from them, and the fingerprint by which a plan is found. */
export interface TopologicalOrder {
  readonly roots: readonly Root[];
  readonly nodes: readonly Node[];
  /** the sources among the nodes, in the same order */
  readonly sources: readonly Node[];
  /** valid until the next call of topologicalOrder; copyFingerprint makes it last */
  readonly fingerprint: Fingerprint;
}

const writer = new FingerprintWriter();

/** Sorts the nodes that the roots need. Marks inputs as captured. */
export function topologicalOrder(roots: readonly Root[]): TopologicalOrder {
  const nodes: Node[] = [];
  const sources: Node[] = [];
  const walk = newWalk();
  writer.begin();
  for (const { node } of roots) if (node.walk !== walk) visit(node, walk, nodes, sources);
  const variables = positionsOfVariables(roots, sources);
  for (const { node, target } of roots) {
    writer.root(node.mark, target !== undefined, target && variables.get(target));
  }
  return { roots, nodes, sources, fingerprint: writer.end() };
}

/** The positions of the old values of variables, if a root assigns one. */
function positionsOfVariables(roots: readonly Root[], sources: readonly Node[]): ReadonlyMap<VariableState, number> {
  const positions = new Map<VariableState, number>();
  if (roots.every(({ target }) => target === undefined)) return positions;
  for (const { source, mark } of sources) {
    if (source?.kind === 'variable' && !positions.has(source.state)) positions.set(source.state, mark);
  }
  return positions;
}

/** Depth first, without recursion, because graphs may be deep. */
function visit(root: Node, walk: number, nodes: Node[], sources: Node[]): void {
  const stack: Node[] = [root];
  const nexts: number[] = [0];
  root.walk = walk;
  while (stack.length > 0) {
    const top = stack.length - 1;
    const node = stack[top];
    const next = nexts[top] ?? 0;
    if (!node) break;
    const input = node.source ? undefined : node.inputs[next];
    if (input) {
      nexts[top] = next + 1;
      input.captured = true;
      if (input.walk === walk) continue;
      input.walk = walk;
      stack.push(input);
      nexts.push(0);
      continue;
    }
    node.mark = nodes.length;
    nodes.push(node);
    if (node.source) {
      sources.push(node);
      writer.source(node, node.source);
    } else writer.applied(node);
    stack.pop();
    nexts.pop();
  }
}

/** The entry with new positions for its inputs, given by old position; the same object if none has changed. */
export function reindexed(entry: Entry, positions: Int32Array): Entry {
  const { node, inputs } = entry;
  for (const input of inputs) {
    if (positions[input] !== input) return { node, inputs: inputs.map((from) => positions[from] ?? -1) };
  }
  return entry;
}

/** The capture with other entries. `positions`: for each old entry, the one that stands for it. */
export function withEntries(entries: readonly Entry[], { sources, roots }: Capture, positions: Int32Array): Capture {
  const positionOf = (at: number): number => positions[at] ?? -1;
  return {
    entries,
    sources: sources.map(positionOf),
    roots: roots.map(({ at, target }) => ({ at: positionOf(at), target })),
  };
}

const noNodes: readonly Node[] = [];

/** The inputs that a node's value depends on. A move has further inputs for its gradient alone. */
function read({ op, inputs, source }: Node): readonly Node[] {
  if (source) return noNodes;
  return op?.kind === 'move' && inputs.length > 1 ? inputs.slice(0, 1) : inputs;
}

/** The capture of a sorted graph. */
export function capture({ roots, nodes }: TopologicalOrder): Capture {
  const walk = newWalk();
  nodes.forEach((node, at) => {
    node.walk = walk;
    node.mark = at;
  });
  const markOf = ({ mark }: Node): number => mark;
  const entries = nodes.map((node): Entry => ({ node, inputs: read(node).map(markOf) }));
  const sources: number[] = [];
  nodes.forEach(({ source }, at) => {
    if (source) sources.push(at);
  });
  return { entries, sources, roots: roots.map(({ node, target }) => ({ at: node.mark, target })) };
}
