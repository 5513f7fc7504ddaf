// The error function: erf and erfc.

import * as math from '@treadle/kernels';
import type { Node } from '../../node.ts';
import { mul, neg, square } from './arithmetic.ts';
import { exp } from './exponential.ts';
import { floatUnary, type NodeOrNumber } from './lane.ts';

/** erf x = 2/√π ∫₀ˣ e^(−t²) dt */
export const erf: (x: NodeOrNumber) => Node = floatUnary({
  name: 'erf',
  cost: 2,
  lane: (f, x) => math.erf(f, x.float(0)),
  gradient: (dy, _, [x]) => [x && mul(dy, slopeOfErf(x))],
});

/** 1 − erf x, accurate where that is small */
export const erfc: (x: NodeOrNumber) => Node = floatUnary({
  name: 'erfc',
  cost: 3,
  lane: (f, x) => math.erfc(f, x.float(0)),
  gradient: (dy, _, [x]) => [x && neg(mul(dy, slopeOfErf(x)))],
});

/** 2/√π·e^(−x²) */
function slopeOfErf(x: Node): Node {
  return mul(2 / Math.sqrt(Math.PI), exp(neg(square(x))));
}
