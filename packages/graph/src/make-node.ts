// How nodes are made: sources, and ops applied to nodes. No other file creates a node.

import type { Dtype } from './dtype.ts';
import { joinLostHistory } from './lost-history.ts';
import type { LostHistory, Node, Op, Source } from './node.ts';
import { noInputs, retain } from './node-lifetime.ts';
import { checkSize, type Shape } from './shape.ts';

let walks = 0;

/** Begins a walk over the graph: a number that no node has as its `walk`. A walk ends when the next one begins. */
export function newWalk(): number {
  return ++walks;
}

type NodeFields = Omit<Node, 'uses' | 'isFreedWithUse' | 'captured' | 'walk' | 'place'>;

/** All nodes are made here, their fields in one order. */
function newNode({ shape, dtype, op, inputs, source, tracked, lostHistory, recording }: NodeFields): Node {
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
    lostHistory,
    recording,
    walk: 0,
    place: 0,
  };
}

export interface SourceOptions {
  /** by default whether it is a variable */
  readonly tracked?: boolean;
  readonly lostHistory?: LostHistory;
  readonly recording?: object | undefined;
}

export function sourceNode(
  source: Source,
  shape: Shape,
  dtype: Dtype,
  { tracked = source.kind === 'variable', lostHistory = 'none', recording }: SourceOptions = {},
): Node {
  if (source.kind === 'stored') source.storage.hold();
  return newNode({ shape, dtype, op: undefined, inputs: noInputs, source, tracked, lostHistory, recording });
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
  let lost: LostHistory = 'none';
  let recording: object | undefined;
  for (const input of inputs) {
    retain(input);
    tracked ||= input.tracked && !op.stopsGradients;
    recording ??= input.recording;
    if (input.lostHistory !== 'none') lost = joinLostHistory(lost, input.lostHistory);
  }
  if (op.stopsGradients) lost = 'none';
  checkSize(op.name, shape);
  return newNode({ shape, dtype, op, inputs, source: undefined, tracked, lostHistory: lost, recording });
}
