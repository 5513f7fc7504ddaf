// How nodes are made: sources, and ops applied to nodes. No other file creates a node.

import { type Dtype, dtypes } from './dtype.ts';
import { joinLostHistory } from './lost-history.ts';
import type { LostHistory, Node, Op, Source } from './node.ts';
import { noInputs, retain } from './node-lifetime.ts';
import { checkSize, type Shape } from './shape.ts';

let walks = 0;

/**
 * Starts a walk over the graph: a number that no node has as its `walk` yet, so that the walk can mark the nodes it visits. There is
 * one walk at a time: the next one may overwrite the marks.
 */
export function newWalk(): number {
  return ++walks;
}

type NodeFields = Omit<Node, 'uses' | 'isFreedWithUse' | 'captured' | 'walk' | 'mark'>;

/** The only place that creates nodes; fields always come in this order, so that V8 has one hidden class for all nodes. */
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
    mark: 0,
  };
}

/** Options of `source`. */
export interface SourceOptions {
  /** whether gradients may be asked for after it was read; by default whether it is a variable */
  readonly tracked?: boolean;
  readonly lostHistory?: LostHistory;
  readonly recording?: object | undefined;
}

/** A node whose value comes from outside the graph. It counts as a use of a stored value. */
export function sourceNode(
  source: Source,
  shape: Shape,
  dtype: Dtype,
  { tracked = source.kind === 'variable', lostHistory = 'none', recording }: SourceOptions = {},
): Node {
  if (source.kind === 'stored') source.storage.hold();
  return newNode({ shape, dtype, op: undefined, inputs: noInputs, source, tracked, lostHistory, recording });
}

/** A number of the user's program as a 0-d node. Another number runs the same plan. */
export function numberNode(value: number, dtype: Dtype): Node {
  return sourceNode({ kind: 'number', value }, [], dtype);
}

/** A number that follows from shapes and ops alone, as a 0-d node. It is part of the plan. */
export function constantNode(value: number, dtype: Dtype): Node {
  return sourceNode({ kind: 'constant', value }, [], dtype);
}

/**
 * An op applied to inputs. The shape and dtype are those that the op's shape rule gives; nothing is checked here but the size.
 *
 * @throws ShapeError for a result of too many elements.
 */
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
  if (op.kind === 'tiled' && !op.takesNarrow && inputs.some((input) => dtypes[input.dtype].narrow)) {
    throw new Error(`internal: ${op.name} must be given operands of 4 bytes an element`);
  }
  checkSize(op.name, shape);
  return newNode({ shape, dtype, op, inputs, source: undefined, tracked, lostHistory: lost, recording });
}
