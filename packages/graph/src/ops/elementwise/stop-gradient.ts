// stopGradient: the identity, through which no gradient passes.

import { v128 } from '@treadle/wasm';
import type { Node } from '../../node.ts';
import { applyLane, laneOp } from './lane.ts';

const stop = laneOp({
  name: 'stopGradient',
  cost: 0.1,
  lane: (_, x) => v128.or(x.int(0), x.int(0)),
  gradient: () => [],
  stopsGradients: true,
});

/** x as another node, through which no gradient passes. */
export function stopGradient(x: Node): Node {
  return applyLane(stop, [x], x.dtype);
}
