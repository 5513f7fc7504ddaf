// maximum, minimum and clip: the larger or the smaller of two, element by element. NaN wins. Where both are equal, the first
// operand takes the gradient.

import { f32x4, i32x4 } from '@treadle/wasm';
import type { LaneOp, Node } from '../../node.ts';
import { broadcastShapes } from '../../shape.ts';
import { greaterEqual, lessEqual, where } from './comparison.ts';
import { applyLane, laneOp, type NodeOrNumber, toCommonDtype } from './lane.ts';

function extreme(
  name: string,
  float: LaneOp['lane'],
  int: LaneOp['lane'],
  firstWins: (a: Node, b: Node) => Node,
): (a: NodeOrNumber, b: NodeOrNumber) => Node {
  const forFloats = laneOp({
    name,
    cost: 0.2,
    lane: float,
    gradient: (dy, _, [a, b]) => {
      if (!a || !b) return [];
      const first = firstWins(a, b);
      return [where(first, dy, 0), where(first, 0, dy)];
    },
  });
  const forInts: LaneOp = { ...forFloats, key: `${name} int32`, lane: int, gradient: () => [] };
  return (a, b) => {
    const [x, y, dtype] = toCommonDtype(a, b);
    return applyLane(dtype === 'float32' ? forFloats : forInts, [x, y], dtype);
  };
}

/** The larger of a and b. */
export const maximum: (a: NodeOrNumber, b: NodeOrNumber) => Node = extreme(
  'maximum',
  (_, x) => f32x4.max(x.float(0), x.float(1)),
  (_, x) => i32x4.max_s(x.int(0), x.int(1)),
  greaterEqual,
);

/** The smaller of a and b. */
export const minimum: (a: NodeOrNumber, b: NodeOrNumber) => Node = extreme(
  'minimum',
  (_, x) => f32x4.min(x.float(0), x.float(1)),
  (_, x) => i32x4.min_s(x.int(0), x.int(1)),
  lessEqual,
);

/** x, raised to `low` where it is less and lowered to `high` where it is more. */
export function clip(x: Node, low: NodeOrNumber, high: NodeOrNumber): Node {
  let shape = x.shape;
  for (const end of [low, high]) if (typeof end !== 'number') shape = broadcastShapes('clip', shape, end.shape);
  return minimum(maximum(x, low), high);
}
