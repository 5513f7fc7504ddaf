// floor, ceil, round: to whole numbers. Flat almost everywhere, so no gradient passes.

import { f32x4 } from '@treadle/wasm';
import { isFloat } from '../../dtype.ts';
import type { LaneOp, Node } from '../../node.ts';
import { cast } from './cast.ts';
import { applyLane, laneOp } from './lane.ts';

function rounding(name: string, lane: LaneOp['lane']): (x: Node) => Node {
  const op = laneOp({ name, cost: 0.1, lane, gradient: () => [] });
  return (x) => (isFloat(x.dtype) ? applyLane(op, [cast(x, 'float32')], 'float32') : x);
}

/** The largest whole number ≤ x. */
export const floor: (x: Node) => Node = rounding('floor', (_, x) => f32x4.floor(x.float(0)));

/** The smallest whole number ≥ x. */
export const ceil: (x: Node) => Node = rounding('ceil', (_, x) => f32x4.ceil(x.float(0)));

/** The nearest whole number; halves go to the even one. */
export const round: (x: Node) => Node = rounding('round', (_, x) => f32x4.nearest(x.float(0)));
