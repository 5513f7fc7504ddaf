// A node: an op applied to inputs, with the shape and dtype that follow; or a source, whose value comes from outside the
// graph. Nodes are all that the graph is. A node knows nothing of how it will be computed; once it has been, `source` says
// where the value lies. Its history (op and inputs) is kept for gradients where a variable is upstream, and dropped elsewhere.

import { type Dtype, dtypes } from './dtype.ts';
import type { Op } from './op.ts';
import { checkSize, type Shape } from './shape.ts';

/** Where a value lies; owned by the engine. */
export interface Storage {
  /** the values, where the caller can look at them without waiting for a run or copying them */
  readonly known?: ArrayLike<number> | undefined;
  /**
   * The byte address of the first element in the shared memory, for one run. `room`: the address of room that the caller has
   * for the elements; a value that lies elsewhere may be copied there, and stays where it is.
   */
  address(room?: number): number;
  /** Notes one more that needs the value: a node, or a run under way. */
  hold(): void;
  /** One fewer needs it; when the last one lets go, the memory is freed. */
  letGo(): void;
}

/** The lasting state behind a variable. Its storage is written in place by assignments. */
export interface VariableState {
  readonly storage: Storage;
  readonly shape: Shape;
  readonly dtype: Dtype;
}

export type Source =
  | { readonly kind: 'stored'; readonly storage: Storage }
  /** a number of the program: an input of the plan, so that another number needs no other plan */
  | { readonly kind: 'number'; readonly value: number }
  /** a number that follows from structure alone: part of the plan */
  | { readonly kind: 'constant'; readonly value: number }
  /** a number drawn anew for every run of a plan (a seed) */
  | { readonly kind: 'drawn'; readonly draw: () => number }
  /** an argument of a compiled function */
  | { readonly kind: 'argument'; readonly index: number }
  /** the present value of a variable */
  | { readonly kind: 'variable'; readonly state: VariableState };

/**
 * Which nodes may be upstream although the graph does not show it, for a history was dropped: none, any without a variable
 * upstream ('untracked'), those and the variables of a set, or any at all.
 */
export type Lost = 'none' | 'untracked' | 'all' | ReadonlySet<VariableState>;

export interface Node {
  readonly shape: Shape;
  readonly dtype: Dtype;
  /** undefined: a source, or a value whose history was dropped */
  op: Op | undefined;
  inputs: readonly Node[];
  source: Source | undefined;
  /**
   * whether a variable is upstream (or the node is one), and no op between stops gradients: then gradients can still be asked
   * for after it was read
   */
  readonly tracked: boolean;
  /** how many need the node: handles, nodes that are computed from it, assignments that wait; negative when it is idle */
  uses: number;
  /** whether its memory is freed with its last use, because a handle on it was disposed of; otherwise when it is forgotten */
  isFreedWithUse: boolean;
  /** whether a plan has computed something from this one: the history of that may have been dropped */
  captured: boolean;
  /** what is lost upstream of this node; where it still has its op, the lost history is that of an input */
  lost: Lost;
  /** the recording whose arguments, variables or random numbers the value depends on: it is not known before a run */
  readonly recording: object | undefined;
  /** the latest walk that has met the node, and what that walk noted of it */
  walk: number;
  place: number;
}

let walks = 0;

/** Begins a walk over the graph: a number that no node has as its `walk`. A walk ends when the next one begins. */
export function newWalk(): number {
  return ++walks;
}

type Made = Omit<Node, 'uses' | 'isFreedWithUse' | 'captured' | 'walk' | 'place'>;

/** All nodes are made here, their fields in one order. */
function newNode({ shape, dtype, op, inputs, source, tracked, lost, recording }: Made): Node {
  return {
    shape,
    dtype,
    op,
    inputs,
    source,
    tracked,
    uses: 0,
    isFreedWithUse: false,
    captured: false,
    lost,
    recording,
    walk: 0,
    place: 0,
  };
}

const none: readonly Node[] = [];

export interface SourceOptions {
  /** by default whether it is a variable */
  readonly tracked?: boolean;
  readonly lost?: Lost;
  readonly recording?: object | undefined;
}

export function sourceNode(
  source: Source,
  shape: Shape,
  dtype: Dtype,
  { tracked = source.kind === 'variable', lost = 'none', recording }: SourceOptions = {},
): Node {
  if (source.kind === 'stored') source.storage.hold();
  return newNode({ shape, dtype, op: undefined, inputs: none, source, tracked, lost, recording });
}

/** A number of the program as a 0-d node. */
export function numberNode(value: number, dtype: Dtype): Node {
  return sourceNode({ kind: 'number', value }, [], dtype);
}

/** A number that follows from structure alone, as a 0-d node. */
export function constantNode(value: number, dtype: Dtype): Node {
  return sourceNode({ kind: 'constant', value }, [], dtype);
}

export function applyOp(op: Op, inputs: readonly Node[], shape: Shape, dtype: Dtype, isTracked = false): Node {
  let tracked = isTracked;
  let lost: Lost = 'none';
  let recording: object | undefined;
  for (const input of inputs) {
    retain(input);
    tracked ||= input.tracked && !op.stopsGradients;
    recording ??= input.recording;
    if (input.lost !== 'none') lost = joinLost(lost, input.lost);
  }
  if (op.stopsGradients) lost = 'none';
  if (op.kind === 'tiled' && !op.takesNarrow && inputs.some((input) => dtypes[input.dtype].narrow)) {
    throw new Error(`internal: ${op.name} must be given words`);
  }
  checkSize(op.name, shape);
  return newNode({ shape, dtype, op, inputs, source: undefined, tracked, lost, recording });
}

const ranks = ['none', 'untracked', 'all'] as const;

/** What is lost where both are. */
export function joinLost(a: Lost, b: Lost): Lost {
  if (a === b) return a;
  if (typeof a === 'string' && typeof b === 'string') return ranks.indexOf(a) > ranks.indexOf(b) ? a : b;
  if (typeof a === 'string') return a === 'all' ? a : b;
  if (typeof b === 'string') return b === 'all' ? b : a;
  if ([...b].every((state) => a.has(state))) return a;
  return new Set([...a, ...b]);
}

/** Notes where the node's value lies, and forgets how it came about unless a gradient may ask. */
export function settle(node: Node, source: Source): void {
  settleUnread(node, source);
  forgetHistory(node);
}

/** Notes where the value lies of a node that was computed along with another and not read yet: a gradient may still ask. */
export function settleUnread(node: Node, source: Source): void {
  node.source = source;
  if (source.kind === 'stored' && !isIdle(node)) source.storage.hold();
}

/** Forgets how a node with a value came about, unless a gradient may ask. */
export function forgetHistory(node: Node): void {
  if (node.tracked || !node.op) return;
  const { inputs } = node;
  if (!node.op.stopsGradients && node.lost === 'none') node.lost = 'untracked';
  node.op = undefined;
  node.inputs = none;
  if (!isIdle(node)) for (const input of inputs) letGo(input);
}

/** `uses` of a node that holds nothing any more */
const idle = -(2 ** 29);

/** One more needs the node. */
export function retain(node: Node): void {
  if (++node.uses <= 0) wake(node);
}

/** What was idle is used after all: it holds again what it is computed from. */
function wake(node: Node): void {
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
export function letGo(node: Node): void {
  if (--node.uses !== 0) return;
  const unused = [node];
  for (let last = unused.pop(); last; last = unused.pop()) {
    const { source } = last;
    if (source && (source.kind !== 'stored' || !last.isFreedWithUse)) continue;
    last.uses = idle;
    source?.storage.letGo();
    for (const input of last.inputs) if (--input.uses === 0) unused.push(input);
  }
}

/** Whether nothing needs the node, and it has let go of what it needs itself. */
export function isIdle(node: Node): boolean {
  return node.uses < 0;
}
