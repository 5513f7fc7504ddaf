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
  /** whose ways to this node were lost when its history was dropped: nobody's, those of untracked nodes, those of all */
  lost: 'none' | 'untracked' | 'all';
  /** the latest walk that has met the node, and what that walk noted of it */
  walk: number;
  place: number;
}

let walks = 0;

/** Begins a walk over the graph: a number that no node has as its `walk`. A walk ends when the next one begins. */
export function newWalk(): number {
  return ++walks;
}

const none: readonly Node[] = [];

export function sourceNode(
  source: Source,
  shape: Shape,
  dtype: Dtype,
  tracked: boolean = source.kind === 'variable',
  lost: Node['lost'] = 'none',
): Node {
  return { shape, dtype, op: undefined, inputs: none, source, tracked, used: false, lost, walk: 0, place: 0 };
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
  for (const input of inputs) {
    input.used = true;
    tracked ||= input.tracked && !op.stopsGradients;
  }
  checkSize(op.name, shape);
  return { shape, dtype, op, inputs, source: undefined, tracked, used: false, lost: 'none', walk: 0, place: 0 };
}

/** Notes where the node's value lies, and forgets how it came about unless a gradient may ask. */
export function settle(node: Node, source: Source): void {
  node.source = source;
  if (!node.tracked) {
    // No way led through an op that stops gradients: none is lost with it.
    if (node.op && !node.op.stopsGradients) {
      node.lost = node.inputs.some(({ lost }) => lost === 'all') ? 'all' : 'untracked';
    }
    node.op = undefined;
    node.inputs = none;
  }
}
