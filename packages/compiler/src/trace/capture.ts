// A capture: the part of the graph that some roots need, as a list in which inputs come before what is computed from them.
// Its structure says nothing of its values: captures of equal structure can run the same plan, their sources bound in the same
// order. It is taken for every run that is not compiled, so it is made of numbers in one pass; the rest waits for a new plan.

import { type Node, newWalk, type VariableState } from '@treadle/graph';
import { type Fingerprint, FingerprintWriter } from './fingerprint.ts';

/** A value to be computed; with `target`, it becomes the variable's value. */
export interface Root {
  readonly node: Node;
  readonly target?: VariableState;
  /** whether it is computed along with what is asked for, because that takes no more */
  readonly isUnread?: boolean;
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
}

/** The nodes of a capture in their order, and what plans are found by. */
export interface Found {
  readonly roots: readonly Root[];
  readonly nodes: readonly Node[];
  /** the sources among them, in their order */
  readonly sources: readonly Node[];
  /** lasts until others are found */
  readonly structure: Fingerprint;
}

const writer = new FingerprintWriter();

export function find(roots: readonly Root[]): Found {
  const nodes: Node[] = [];
  const sources: Node[] = [];
  const walk = newWalk();
  writer.begin();
  for (const { node } of roots) if (node.walk !== walk) visit(node, walk, nodes, sources);
  const variables = placesOfVariables(roots, sources);
  for (const { node, target } of roots) {
    writer.root(node.place, target !== undefined, target && variables.get(target));
  }
  return { roots, nodes, sources, structure: writer.end() };
}

/** Where the old values of variables are, for roots that assign some. */
function placesOfVariables(roots: readonly Root[], sources: readonly Node[]): ReadonlyMap<VariableState, number> {
  const places = new Map<VariableState, number>();
  if (roots.every(({ target }) => target === undefined)) return places;
  for (const { source, place } of sources) {
    if (source?.kind === 'variable' && !places.has(source.state)) places.set(source.state, place);
  }
  return places;
}

/** Depth first, inputs before consumers, without recursion: graphs may be deep. */
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
    node.place = nodes.length;
    nodes.push(node);
    if (node.source) {
      sources.push(node);
      writer.source(node, node.source);
    } else writer.applied(node);
    stack.pop();
    nexts.pop();
  }
}

/** An entry whose inputs are to be found at other places; itself where none is. */
export function movedTo(entry: Captured, places: Int32Array): Captured {
  const { node, inputs } = entry;
  for (const input of inputs) {
    if (places[input] !== input) return { node, inputs: inputs.map((from) => places[from] ?? -1) };
  }
  return entry;
}

/** A capture of other entries, where those of this one are to be found at other places. */
export function withEntries(entries: readonly Captured[], { sources, roots }: Capture, places: Int32Array): Capture {
  const placeOf = (at: number): number => places[at] ?? -1;
  return {
    entries,
    sources: sources.map(placeOf),
    roots: roots.map(({ at, target }) => ({ at: placeOf(at), target })),
  };
}

const nothing: readonly Node[] = [];

/** What the value of a node is made from: of what a move has, only what it moves. */
function read({ op, inputs, source }: Node): readonly Node[] {
  if (source) return nothing;
  return op?.kind === 'move' && inputs.length > 1 ? inputs.slice(0, 1) : inputs;
}

/** What a plan is made from. */
export function capture({ roots, nodes }: Found): Capture {
  const walk = newWalk();
  nodes.forEach((node, at) => {
    node.walk = walk;
    node.place = at;
  });
  const placeOf = ({ place }: Node): number => place;
  const entries = nodes.map((node): Captured => ({ node, inputs: read(node).map(placeOf) }));
  const sources: number[] = [];
  nodes.forEach(({ source }, at) => {
    if (source) sources.push(at);
  });
  return { entries, sources, roots: roots.map(({ node, target }) => ({ at: node.place, target })) };
}
