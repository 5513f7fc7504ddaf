// mod: the remainder that has the sign of the divisor, as NumPy's and Python's.

import { integerMod, mod as modOfFloats } from '@treadle/kernels';
import type { LaneOp, Node } from '../../node.ts';
import { div, mul, neg } from './arithmetic.ts';
import { applyLane, laneOp, type NodeOrNumber, toCommonDtype } from './lane.ts';
import { floor } from './rounding.ts';

const forFloats = laneOp({
  name: 'mod',
  cost: 4,
  lane: (f, x) => modOfFloats(f, x.float(0), x.float(1)),
  // a mod b = a − b·⌊a/b⌋, the floor being flat
  gradient: (dy, _, [a, b]) => [dy, a && b && neg(mul(dy, floor(div(a, b))))],
});

const forInts: LaneOp = {
  ...forFloats,
  key: 'mod int32',
  lane: (f, x) => integerMod(f, x.int(0), x.int(1)),
  gradient: () => [],
};

/** The remainder of a / b that has b's sign; a mod 0 is NaN, 0 for int32. */
export function mod(a: NodeOrNumber, b: NodeOrNumber): Node {
  const [x, y, dtype] = toCommonDtype(a, b);
  return applyLane(dtype === 'float32' ? forFloats : forInts, [x, y], dtype);
}
