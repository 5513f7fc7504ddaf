// Comparisons, logic on bool, and `where`, which chooses by a bool. Results of comparisons are bool and have no gradient; `where`
// passes its gradient on to the side that was chosen.

import { type Expr, f32x4, i32x4, v128 } from '@treadle/wasm';
import type { LaneInputs, LaneOp, Node } from '../../node.ts';
import { cast } from './cast.ts';
import { applyLane, laneOp, type NodeOrNumber, requireDtype, toCommonDtype, toNode } from './lane.ts';

function comparison(
  name: string,
  float: (x: LaneInputs) => Expr<'i32x4'>,
  int: (x: LaneInputs) => Expr<'i32x4'>,
): (a: NodeOrNumber, b: NodeOrNumber) => Node {
  const forFloats = laneOp({ name, cost: 0.1, lane: (_, x) => float(x), gradient: () => [] });
  const forInts: LaneOp = { ...forFloats, key: `${name} int32`, lane: (_, x) => int(x) };
  return (a, b) => {
    const [x, y, dtype] = toCommonDtype(a, b);
    return applyLane(dtype === 'float32' ? forFloats : forInts, [x, y], 'bool');
  };
}

/** a = b; NaN equals nothing */
export const equal: (a: NodeOrNumber, b: NodeOrNumber) => Node = comparison(
  'equal',
  (x) => f32x4.eq(x.float(0), x.float(1)),
  (x) => i32x4.eq(x.int(0), x.int(1)),
);

/** a ≠ b */
export const notEqual: (a: NodeOrNumber, b: NodeOrNumber) => Node = comparison(
  'notEqual',
  (x) => f32x4.ne(x.float(0), x.float(1)),
  (x) => i32x4.ne(x.int(0), x.int(1)),
);

/** a < b */
export const less: (a: NodeOrNumber, b: NodeOrNumber) => Node = comparison(
  'less',
  (x) => f32x4.lt(x.float(0), x.float(1)),
  (x) => i32x4.lt_s(x.int(0), x.int(1)),
);

/** a ≤ b */
export const lessEqual: (a: NodeOrNumber, b: NodeOrNumber) => Node = comparison(
  'lessEqual',
  (x) => f32x4.le(x.float(0), x.float(1)),
  (x) => i32x4.le_s(x.int(0), x.int(1)),
);

/** a > b */
export const greater: (a: NodeOrNumber, b: NodeOrNumber) => Node = comparison(
  'greater',
  (x) => f32x4.gt(x.float(0), x.float(1)),
  (x) => i32x4.gt_s(x.int(0), x.int(1)),
);

/** a ≥ b */
export const greaterEqual: (a: NodeOrNumber, b: NodeOrNumber) => Node = comparison(
  'greaterEqual',
  (x) => f32x4.ge(x.float(0), x.float(1)),
  (x) => i32x4.ge_s(x.int(0), x.int(1)),
);

function logic(name: string, lane: LaneOp['lane']): (a: Node, b: Node) => Node {
  const op = laneOp({ name, cost: 0.1, lane, gradient: () => [] });
  return (a, b) => applyLane(op, [cast(a, 'bool'), cast(b, 'bool')], 'bool');
}

/** a ∧ b; all but 0 is true */
export const logicalAnd: (a: Node, b: Node) => Node = logic('logicalAnd', (_, x) => v128.and(x.int(0), x.int(1)));

/** a ∨ b; all but 0 is true */
export const logicalOr: (a: Node, b: Node) => Node = logic('logicalOr', (_, x) => v128.or(x.int(0), x.int(1)));

const not = laneOp({ name: 'logicalNot', cost: 0.1, lane: (_, x) => v128.not(x.int(0)), gradient: () => [] });

/** ¬a; all but 0 is true */
export function logicalNot(a: Node): Node {
  return applyLane(not, [cast(a, 'bool')], 'bool');
}

const choose = laneOp({
  name: 'where',
  cost: 0.15,
  lane: (_, x) => v128.bitselect(x.float(1), x.float(2), x.int(0)),
  gradient: (dy, _, [condition]) => (condition ? [undefined, where(condition, dy, 0), where(condition, 0, dy)] : []),
});

/** condition ? a : b, element by element. The condition must be bool. Two tensors of one dtype keep it. */
export function where(condition: Node, a: NodeOrNumber, b: NodeOrNumber): Node {
  requireDtype('where', condition, 'bool');
  if (typeof a === 'object' && typeof b === 'object' && a.dtype === b.dtype) {
    return applyLane(choose, [condition, a, b], a.dtype);
  }
  const [x, y, dtype] = toCommonDtype(a, b);
  return applyLane(choose, [condition, toNode(x, dtype), y], dtype);
}
