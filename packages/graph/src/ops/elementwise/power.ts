// pow, sqrt, rsqrt.

import * as math from '@treadle/kernels';
import { f32x4 } from '@treadle/wasm';
import type { LaneOp, Node } from '../../node.ts';
import { abs, div, mul, reciprocal, sub } from './arithmetic.ts';
import { equal, greater, less, logicalAnd, where } from './comparison.ts';
import { log } from './exponential.ts';
import { applyLane, floatUnary, laneOp, type NodeOrNumber, toCommonDtype } from './lane.ts';

const power = laneOp({
  name: 'pow',
  cost: 5,
  lane: (f, x) => math.pow(f, x.float(0), x.float(1)),
  // ∂aᵇ/∂a = b·aᵇ⁻¹, which is 0 for b = 0 even where powers of 1/a are infinite; ∂aᵇ/∂b = aᵇ·ln a where a > 0
  gradient: (dy, y, [a, b]) => {
    if (!a || !b) return [];
    const isFlat = logicalAnd(equal(b, 0), less(abs(a), 2 ** -30));
    const da = mul(b, pow(a, where(isFlat, 0, sub(b, 1))));
    const positive = greater(a, 0);
    return [mul(dy, da), mul(dy, where(positive, mul(y, log(where(positive, a, 1))), 0))];
  },
});

const powerInts: LaneOp = {
  ...power,
  key: 'pow int32',
  cost: 10,
  lane: (f, x) => math.integerPower(f, x.int(0), x.int(1)),
  gradient: () => [],
};

/** aᵇ */
export function pow(a: NodeOrNumber, b: NodeOrNumber): Node {
  const [x, y, dtype] = toCommonDtype(a, b);
  return applyLane(dtype === 'float32' ? power : powerInts, [x, y], dtype);
}

/** √x */
export const sqrt: (x: NodeOrNumber) => Node = floatUnary({
  name: 'sqrt',
  cost: 0.4,
  lane: (_, x) => f32x4.sqrt(x.float(0)),
  gradient: (dy, y) => [div(dy, mul(2, y))],
});

/** 1 / √x */
export function rsqrt(x: Node): Node {
  return reciprocal(sqrt(x));
}
