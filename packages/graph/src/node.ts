// A node: an op applied to inputs, with the shape and dtype that follow; or a source, whose value comes from outside the
// graph. Nodes are all that the graph is. A node knows nothing of how it will be computed; once it has been, `source` says
// where the value lies. Its history (op and inputs) is kept for gradients where a variable is upstream, and dropped elsewhere.

import type { Dtype } from './dtype.ts';
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
  /** whether some node was computed from this one */
  used: boolean;
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

type Made = Omit<Node, 'used' | 'captured' | 'walk' | 'place'>;

/** All nodes are made here, their fields in one order. */
function newNode({ shape, dtype, op, inputs, source, tracked, lost, recording }: Made): Node {
  return {
    shape,
    dtype,
    op,
    inputs,
    source,
    tracked,
    used: false,
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
    input.used = true;
    tracked ||= input.tracked && !op.stopsGradients;
    recording ??= input.recording;
    if (input.lost !== 'none') lost = joinLost(lost, input.lost);
  }
  if (op.stopsGradients) lost = 'none';
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
  node.source = source;
  if (node.tracked) return;
  if (node.op && !node.op.stopsGradients && node.lost === 'none') node.lost = 'untracked';
  node.op = undefined;
  node.inputs = none;
}
