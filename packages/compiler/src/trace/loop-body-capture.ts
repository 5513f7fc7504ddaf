// The body of a loop as a capture of its own: what a step is given are its sources, and its roots are the carries as they end
// and what is asked for of every step. What nothing of that needs is left out.

import {
  applyOp,
  type BodyPlace,
  denseView,
  isDense,
  type LoopBody,
  type MoveOp,
  type Node,
  nodeAt,
  partKey,
  partNode,
  sizeOf,
  sourceNode,
} from '@treadle/graph';
import type { View } from '@treadle/kernels';
import { partAxis, type RaggedBody, type RaggedEntries } from '../dynamic-batch/compare.ts';
import { debug } from '../inspect/debug.ts';
import { showGraph } from '../inspect/show-graph.ts';
import { cancelInverses } from '../optimize/cancel-inverses.ts';
import { eliminateCommonSubexpressions } from '../optimize/common-subexpressions.ts';
import type { Capture, Captured } from './capture.ts';

export interface CapturedBody {
  readonly capture: Capture;
  /** the place in the body of each source: which of the loop's inputs it is */
  readonly inputs: readonly number[];
  /** carries that are computed */
  readonly carries: readonly number[];
  /** the places of the roots, each once */
  readonly roots: readonly BodyPlace[];
  /** which axes of its entries have rows, where those of the body do */
  readonly ragged: RaggedEntries | undefined;
}

/** What of a node has rows. */
interface RaggedNode {
  readonly axis: number | undefined;
  readonly body: RaggedBody | undefined;
}

/** Equal for equal places. */
export function placeKey(place: BodyPlace): string {
  return typeof place === 'number' ? `${place}` : `${place.of} ${partKey(place.part)}`;
}

/** The carries that the places asked for depend on, over any number of steps, and those that are asked for themselves. */
export function neededCarries(
  body: LoopBody,
  asked: readonly BodyPlace[],
  finals: readonly number[],
): readonly number[] {
  const needed = new Set(finals);
  const seen = new Set<number>();
  const stack = [...asked.map(whole), ...finals.map((carry) => nextPlace(body, carry))];
  for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
    if (seen.has(place)) continue;
    seen.add(place);
    if (place < body.carries.length) {
      needed.add(place);
      stack.push(nextPlace(body, place));
    }
    for (const input of inputsAt(body, place)) stack.push(input);
  }
  return [...needed].sort((a, b) => a - b);
}

/** The place of what a carry becomes. */
export function nextPlace({ next, places }: LoopBody, carry: number): number {
  return places.get(next[carry] ?? noNode()) ?? noNode();
}

function whole(place: BodyPlace): number {
  return typeof place === 'number' ? place : place.of;
}

function inputsAt({ made, places }: LoopBody, place: number): readonly number[] {
  const inputs = made[place - places.size + made.length]?.inputs ?? [];
  return inputs.map((input) => places.get(input) ?? noNode());
}

/** `views`: how a step sees each of the loop's inputs, from the place that it is given. */
export function captureBody(
  body: LoopBody,
  carries: readonly number[],
  asked: readonly BodyPlace[],
  views: readonly View[],
  ragged?: RaggedEntries,
): CapturedBody {
  const nexts = carries.map((carry) => nextPlace(body, carry));
  const roots = [...new Map<string, BodyPlace>([...nexts, ...asked].map((place) => [placeKey(place), place])).values()];
  const needed = upstream(body, roots.map(whole));
  const entries: Captured[] = [];
  const sources: number[] = [];
  const inputs: number[] = [];
  const positions = new Map<number, number>();
  const raggedNodes = new Map<Node, RaggedNode>();
  const positionOf = (place: number): number => positions.get(place) ?? noNode();
  for (const place of needed) {
    const view = views[place];
    if (view) {
      const { node, isRead } = standIn(nodeAt(body, place), view, inputs.length);
      sources.push(entries.push({ node: isRead ?? node, inputs: [] }) - 1);
      inputs.push(place);
      if (isRead) entries.push({ node, inputs: [entries.length - 1] });
    } else {
      entries.push({ node: nodeAt(body, place), inputs: inputsAt(body, place).map(positionOf) });
    }
    positions.set(place, entries.length - 1);
    const entry = entries.at(-1);
    if (entry) raggedNodes.set(entry.node, { axis: ragged?.axes[place], body: ragged?.bodies.get(place) });
  }
  const at = roots.map((place) => {
    if (typeof place === 'number') return positionOf(place);
    const node = partNode(nodeAt(body, place.of), place.part);
    const inner = ragged?.bodies.get(place.of);
    raggedNodes.set(node, { axis: inner && partAxis(place.part, inner), body: undefined });
    return entries.push({ node, inputs: [positionOf(place.of)] }) - 1;
  });
  const capture = { entries, sources, roots: at.map((position) => ({ at: position, target: undefined })) };
  const short = eliminateCommonSubexpressions(cancelInverses(capture));
  debug('graph', 'body of a loop, optimized', () => showGraph(short));
  return { capture: short, inputs, carries, roots, ragged: ragged && raggedEntries(short, raggedNodes) };
}

/** What is known of nodes, by the entries that they have become. */
function raggedEntries({ entries }: Capture, known: ReadonlyMap<Node, RaggedNode>): RaggedEntries {
  const nodes = entries.map(({ node }) => known.get(node));
  const bodies = nodes.flatMap((node, at) => (node?.body ? [[at, node.body] as const] : []));
  return { axes: nodes.map((node) => node?.axis), bodies: new Map(bodies) };
}

/** The places that others are computed from, in ascending order, which is one in which inputs come first. */
function upstream(body: LoopBody, places: readonly number[]): readonly number[] {
  const needed = new Set<number>();
  const stack = [...places];
  for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
    if (needed.has(place)) continue;
    needed.add(place);
    stack.push(...inputsAt(body, place));
  }
  return [...needed].sort((a, b) => a - b);
}

/** A node for what a step is given: a source, or a view of one where it does not lie dense. */
function standIn({ shape, dtype }: Node, view: View, index: number): { readonly node: Node; readonly isRead?: Node } {
  const options = { tracked: false, recording: standIn };
  if (isDense(view)) return { node: sourceNode({ kind: 'argument', index }, shape, dtype, options) };
  const last = view.strides.reduce((sum, stride, d) => sum + Math.max(0, stride) * ((shape[d] ?? 1) - 1), view.offset);
  const isRead = sourceNode({ kind: 'argument', index }, [last + 1], dtype, options);
  const op: MoveOp = {
    kind: 'move',
    name: 'step',
    key: `step [${shape}] ${view.strides};${view.offset}`,
    view: ({ offset }) => ({ ...view, offset: view.offset + offset }),
    gradient: () => [],
  };
  return { node: applyOp(op, [isRead], shape, dtype), isRead };
}

function noNode(): never {
  throw new Error('internal: a node of a body is missing');
}

/** How a step sees a slice, or the whole, of what lies like `view`: the same view with its least offset 0, and where it begins. */
export function normalized(view: View): { readonly view: View; readonly begin: number } {
  if (sizeOf(view.shape) === 0) return { view: denseView(view.shape), begin: 0 };
  const back = view.strides.reduce((sum, stride, d) => sum + Math.min(0, stride) * ((view.shape[d] ?? 1) - 1), 0);
  return { view: { ...view, offset: -back }, begin: view.offset + back };
}
