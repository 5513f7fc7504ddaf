// The body of a loop as a capture of its own. Its sources are what a step is given (carries, slices, constants of the loop); its roots
// are the carries after the step, and the nodes whose values are requested for every step. What no root needs is left out.

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
import { type DynamicAxes, type DynamicBody, partAxis } from '../dynamic-batch/dynamic-batch.ts';
import { optimize } from '../optimize/optimize.ts';
import type { Capture, Entry } from './capture.ts';

/** A captured body, and what its sources and roots are in the loop. */
export interface CapturedBody {
  readonly capture: Capture;
  /** by source: the place in the body that it stands for, which is also the number of the loop's input */
  readonly inputs: readonly number[];
  /** the carries that are computed */
  readonly carries: readonly number[];
  /** the places of the roots, without repetitions */
  readonly roots: readonly BodyPlace[];
  /** the dynamic axes of its entries, if the body has some */
  readonly dynamicAxes: DynamicAxes | undefined;
}

/** The dynamic axis of a node, and those of its body if it is a loop. */
interface NodeAxes {
  readonly axis: number | undefined;
  readonly body: DynamicBody | undefined;
}

/** A key for a place of a body: equal for equal places. */
export function placeKey(place: BodyPlace): string {
  return typeof place === 'number' ? `${place}` : `${place.of} ${partKey(place.part)}`;
}

/** The carries on which the requested places depend, over any number of steps, and the carries whose final values are requested. */
export function neededCarries(
  body: LoopBody,
  requested: readonly BodyPlace[],
  finals: readonly number[],
): readonly number[] {
  const needed = new Set(finals);
  const seen = new Set<number>();
  const stack = [...requested.map(whole), ...finals.map((carry) => nextPlace(body, carry))];
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

/** The place of the node that is a carry after a step. */
export function nextPlace({ next, places }: LoopBody, carry: number): number {
  return places.get(next[carry] ?? missingNode()) ?? missingNode();
}

function whole(place: BodyPlace): number {
  return typeof place === 'number' ? place : place.of;
}

function inputsAt({ made, places }: LoopBody, place: number): readonly number[] {
  const inputs = made[place - places.size + made.length]?.inputs ?? [];
  return inputs.map((input) => places.get(input) ?? missingNode());
}

/**
 * Captures a body with the roots that are requested of it.
 *
 * @param views how a step sees each of the loop's inputs, counted from the address that it is given
 */
export function captureBody(
  body: LoopBody,
  carries: readonly number[],
  requested: readonly BodyPlace[],
  views: readonly View[],
  dynamicAxes?: DynamicAxes,
): CapturedBody {
  const nexts = carries.map((carry) => nextPlace(body, carry));
  const roots = [
    ...new Map<string, BodyPlace>([...nexts, ...requested].map((place) => [placeKey(place), place])).values(),
  ];
  const needed = upstream(body, roots.map(whole));
  const entries: Entry[] = [];
  const sources: number[] = [];
  const inputs: number[] = [];
  const positions = new Map<number, number>();
  const nodeAxes = new Map<Node, NodeAxes>();
  const positionOf = (place: number): number => positions.get(place) ?? missingNode();
  for (const place of needed) {
    const view = views[place];
    if (view) {
      const { node, read } = standIn(nodeAt(body, place), view, inputs.length);
      sources.push(entries.push({ node: read ?? node, inputs: [] }) - 1);
      inputs.push(place);
      if (read) entries.push({ node, inputs: [entries.length - 1] });
    } else {
      entries.push({ node: nodeAt(body, place), inputs: inputsAt(body, place).map(positionOf) });
    }
    positions.set(place, entries.length - 1);
    const entry = entries.at(-1);
    if (entry) nodeAxes.set(entry.node, { axis: dynamicAxes?.axes[place], body: dynamicAxes?.bodies.get(place) });
  }
  const at = roots.map((place) => {
    if (typeof place === 'number') return positionOf(place);
    const node = partNode(nodeAt(body, place.of), place.part);
    const inner = dynamicAxes?.bodies.get(place.of);
    nodeAxes.set(node, { axis: inner && partAxis(place.part, inner), body: undefined });
    return entries.push({ node, inputs: [positionOf(place.of)] }) - 1;
  });
  const capture = { entries, sources, roots: at.map((position) => ({ at: position, target: undefined })) };
  const optimized = optimize(capture);
  return {
    capture: optimized,
    inputs,
    carries,
    roots,
    dynamicAxes: dynamicAxes && axesOfEntries(optimized, nodeAxes),
  };
}

/** The dynamic axes of nodes, by the entries that hold the nodes now. */
function axesOfEntries({ entries }: Capture, nodeAxes: ReadonlyMap<Node, NodeAxes>): DynamicAxes {
  const nodes = entries.map(({ node }) => nodeAxes.get(node));
  const bodies = nodes.flatMap((node, at) => (node?.body ? [[at, node.body] as const] : []));
  return { axes: nodes.map((node) => node?.axis), bodies: new Map(bodies) };
}

/** The places from which others are computed, in ascending order; inputs have smaller places than what is computed from them. */
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

/** A node for what a step is given: a source, or a view of a source where the input is not dense. */
function standIn({ shape, dtype }: Node, view: View, index: number): { readonly node: Node; readonly read?: Node } {
  const options = { tracked: false, recording: standIn };
  if (isDense(view)) return { node: sourceNode({ kind: 'argument', index }, shape, dtype, options) };
  const last = view.strides.reduce((sum, stride, d) => sum + Math.max(0, stride) * ((shape[d] ?? 1) - 1), view.offset);
  const read = sourceNode({ kind: 'argument', index }, [last + 1], dtype, options);
  const op: MoveOp = {
    kind: 'move',
    name: 'step',
    key: `step [${shape}] ${view.strides};${view.offset}`,
    view: ({ offset }) => ({ ...view, offset: view.offset + offset }),
    gradient: () => [],
  };
  return { node: applyOp(op, [read], shape, dtype), read };
}

function missingNode(): never {
  throw new Error('internal: a node of a body is missing');
}

/** A view counted from the least address that it touches, and the offset of that address in elements. */
export function withoutNegativeOffset(view: View): { readonly view: View; readonly begin: number } {
  if (sizeOf(view.shape) === 0) return { view: denseView(view.shape), begin: 0 };
  const back = view.strides.reduce((sum, stride, d) => sum + Math.min(0, stride) * ((view.shape[d] ?? 1) - 1), 0);
  return { view: { ...view, offset: -back }, begin: view.offset + back };
}
