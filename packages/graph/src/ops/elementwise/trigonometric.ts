// sin, cos, tan.

import * as math from '@treadle/kernels';
import type { Node } from '../../node.ts';
import { add, mul, neg, square } from './arithmetic.ts';
import { floatUnary, type NodeOrNumber } from './lane.ts';

/** sin x, x in radians */
export const sin: (x: NodeOrNumber) => Node = floatUnary({
  name: 'sin',
  cost: 2,
  lane: (f, x) => math.sin(f, x.float(0)),
  gradient: (dy, _, [x]) => [x && mul(dy, cos(x))],
});

/** cos x, x in radians */
export const cos: (x: NodeOrNumber) => Node = floatUnary({
  name: 'cos',
  cost: 2,
  lane: (f, x) => math.cos(f, x.float(0)),
  gradient: (dy, _, [x]) => [x && neg(mul(dy, sin(x)))],
});

/** tan x, x in radians */
export const tan: (x: NodeOrNumber) => Node = floatUnary({
  name: 'tan',
  cost: 3,
  lane: (f, x) => math.tan(f, x.float(0)),
  gradient: (dy, y) => [mul(dy, add(square(y), 1))], // 1 + tan²
});
