// How lane ops are made: operands are cast to one dtype, shapes broadcast, and all nodes of an op without attributes share one record.

import { DtypeError } from '../../calls/errors.ts';
import { arithmeticOf, type Dtype, isFloat, promote } from '../../dtype.ts';
import { applyOp, numberNode } from '../../make-node.ts';
import type { LaneOp, Node } from '../../node.ts';
import { broadcastShapes } from '../../shape.ts';
import { cast } from './cast.ts';

/** An operand of the ops of this folder: a node, or a number, which takes the dtype of the other operand if that can hold it. */
export type NodeOrNumber = Node | number;

/** A lane op without attributes: its key is its name. */
export function laneOp(record: Omit<LaneOp, 'kind' | 'key'>): LaneOp {
  return { kind: 'lane', key: record.name, ...record };
}

/** The operand as a node; a number takes the dtype `like` if that can hold it. */
export function toNode(x: NodeOrNumber, like: Dtype): Node {
  if (typeof x !== 'number') return x;
  if (isFloat(like)) return numberNode(x, 'float32');
  return numberNode(x, Number.isInteger(x) && x >= -(2 ** 31) && x < 2 ** 31 ? 'int32' : 'float32');
}

/** Both operands in the dtype of arithmetic on them: float32 where one of them is a float, otherwise int32. */
export function toCommonDtype(a: NodeOrNumber, b: NodeOrNumber): readonly [Node, Node, 'int32' | 'float32'] {
  const x = toNode(a, typeof b === 'number' ? 'float32' : b.dtype);
  const y = toNode(b, x.dtype);
  const dtype = arithmeticOf(promote(x.dtype, y.dtype));
  return [cast(x, dtype), cast(y, dtype), dtype];
}

/** The op on inputs that broadcast. Throws ShapeError where they do not. */
export function applyLane(op: LaneOp, inputs: readonly Node[], dtype: Dtype): Node {
  let shape = inputs[0]?.shape ?? [];
  for (const input of inputs) shape = broadcastShapes(op.name, shape, input.shape);
  return applyOp(op, inputs, shape, dtype);
}

/** A function of floats: operands of other dtypes are cast first. */
export function floatUnary(record: Omit<LaneOp, 'kind' | 'key'>): (x: NodeOrNumber) => Node {
  const op = laneOp(record);
  return (x) => applyLane(op, [cast(toNode(x, 'float32'), 'float32')], 'float32');
}

/** The node itself. Throws DtypeError for another dtype than those allowed. */
export function requireDtype(op: string, node: Node, ...allowed: readonly Dtype[]): Node {
  if (!allowed.includes(node.dtype)) {
    throw new DtypeError(`${op}: dtype must be ${allowed.join(' or ')}; got ${node.dtype}`);
  }
  return node;
}
