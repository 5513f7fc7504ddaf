// add, sub, mul, div, neg, square, reciprocal, abs, sign, element by element.

import { f32x4, i32x4, v128 } from '@treadle/wasm';
import { constantNode } from '../../make-node.ts';
import type { LaneOp, Node } from '../../node.ts';
import { asNumbers, cast } from './cast.ts';
import { constantOf, isConstant } from './constant.ts';
import { applyLane, laneOp, type NodeOrNumber, toCommonDtype, toNode } from './lane.ts';

/** An op of two operands, with one lane for floats and one for integers. */
function numeric(
  name: string,
  float: LaneOp['lane'],
  int: LaneOp['lane'],
  gradient: LaneOp['gradient'],
): (a: NodeOrNumber, b: NodeOrNumber) => Node {
  const forFloats = laneOp({ name, cost: 0.1, lane: float, gradient });
  const forInts: LaneOp = { ...forFloats, key: `${name} int32`, lane: int, gradient: () => [undefined, undefined] };
  return (a, b) => {
    const [x, y, dtype] = toCommonDtype(a, b);
    return applyLane(dtype === 'float32' ? forFloats : forInts, [x, y], dtype);
  };
}

/** a + b */
export const add: (a: NodeOrNumber, b: NodeOrNumber) => Node = numeric(
  'add',
  (_, x) => f32x4.add(x.float(0), x.float(1)),
  (_, x) => i32x4.add(x.int(0), x.int(1)),
  (dy) => [dy, dy],
);

/** a − b */
export const sub: (a: NodeOrNumber, b: NodeOrNumber) => Node = numeric(
  'sub',
  (_, x) => f32x4.sub(x.float(0), x.float(1)),
  (_, x) => i32x4.sub(x.int(0), x.int(1)),
  (dy) => [dy, neg(dy)],
);

const multiply: (a: NodeOrNumber, b: NodeOrNumber) => Node = numeric(
  'mul',
  (_, x) => f32x4.mul(x.float(0), x.float(1)),
  (_, x) => i32x4.mul(x.int(0), x.int(1)),
  (dy, _, [a, b]) => [a && b && mul(dy, b), a && b && mul(dy, a)],
);

/** a · b */
export function mul(a: NodeOrNumber, b: NodeOrNumber): Node {
  // 1·x is x to the bit, and a constant is 0-d, so x has the shape of the result. The reverse walk starts with such a 1.
  if (typeof a === 'object' && typeof b === 'object' && a.dtype === b.dtype) {
    if (isConstant(a, 1)) return b;
    if (isConstant(b, 1)) return a;
  }
  return multiply(a, b);
}

const divide = laneOp({
  name: 'div',
  cost: 0.2,
  lane: (_, x) => f32x4.div(x.float(0), x.float(1)),
  // d(a/b) = da/b − (a/b)·db/b
  gradient: (dy, y, [, b]) => {
    if (!b) return [];
    const da = div(dy, b);
    return [da, neg(mul(da, y))];
  },
});

/**
 * p / q of two constants; undefined unless it is a normal float32. The float64 quotient is rounded to float32 when it is used; the
 * result is that of float32 division, because a float64 quotient of 24-bit floats has enough digits (Figueroa 1995).
 */
function quotientOf(p: number | undefined, q: number | undefined): number | undefined {
  if (p === undefined || q === undefined) return undefined;
  const quotient = Math.fround(p) / Math.fround(q);
  const held = Math.abs(Math.fround(quotient));
  return Number.isFinite(held) && held >= 2 ** -126 ? quotient : undefined;
}

/** a / b, always in float32. */
export function div(a: NodeOrNumber, b: NodeOrNumber): Node {
  const [x, y] = toCommonDtype(a, b);
  const quotient = quotientOf(constantOf(x), constantOf(y));
  if (quotient !== undefined) return constantNode(quotient, 'float32');
  return applyLane(divide, [cast(x, 'float32'), cast(y, 'float32')], 'float32');
}

const negate = laneOp({
  name: 'neg',
  undoesItself: true,
  cost: 0.1,
  lane: (_, x) => f32x4.neg(x.float(0)),
  gradient: (dy) => [neg(dy)],
});
const negateInts: LaneOp = { ...negate, key: 'neg int32', lane: (_, x) => i32x4.neg(x.int(0)), gradient: () => [] };

/** −x */
export function neg(x: NodeOrNumber): Node {
  const node = asNumbers(toNode(x, 'float32'));
  return applyLane(node.dtype === 'float32' ? negate : negateInts, [node], node.dtype);
}

/** x · x */
export function square(x: Node): Node {
  return mul(x, x);
}

/** 1 / x */
export function reciprocal(x: Node): Node {
  return div(1, x);
}

const absolute = laneOp({
  name: 'abs',
  cost: 0.1,
  lane: (_, x) => f32x4.abs(x.float(0)),
  gradient: (dy, _, [x]) => [x && mul(dy, sign(x))],
});
const absoluteInts: LaneOp = { ...absolute, key: 'abs int32', lane: (_, x) => i32x4.abs(x.int(0)), gradient: () => [] };

/** |x| */
export function abs(x: Node): Node {
  const node = asNumbers(x);
  return applyLane(node.dtype === 'float32' ? absolute : absoluteInts, [node], node.dtype);
}

const signum = laneOp({
  name: 'sign',
  cost: 0.3,
  // |x| > 0 takes the sign bit with 1; ±0 and NaN stay what they are
  lane: (f, x) => {
    const value = f.let(x.float(0));
    const unit = v128.or(v128.and(value, f32x4.const(-0)), f32x4.const(1));
    return v128.bitselect(unit, value, f32x4.gt(f32x4.abs(value), 0));
  },
  gradient: () => [undefined],
});
const signumInts: LaneOp = {
  ...signum,
  key: 'sign int32',
  lane: (f, x) => {
    const value = f.let(x.int(0));
    return i32x4.sub(i32x4.lt_s(value, 0), i32x4.gt_s(value, 0));
  },
};

/** −1, 0 or 1 */
export function sign(x: Node): Node {
  const node = asNumbers(x);
  return applyLane(node.dtype === 'float32' ? signum : signumInts, [node], node.dtype);
}
