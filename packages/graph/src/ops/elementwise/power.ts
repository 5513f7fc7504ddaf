// pow, sqrt, rsqrt.

import * as math from '@treadle/kernels';
import { type Expr, type FunctionBuilder, f32x4, i32x4, v128 } from '@treadle/wasm';
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

/** a to the power n ≥ 0 by repeated squaring, wrapping around like every int32 product; n < 0 gives 0, ±1 for |a| = 1. */
function integerPower(f: FunctionBuilder, base: Expr<'i32x4'>, n: Expr<'i32x4'>): Expr<'i32x4'> {
  const a = f.let(base);
  const exponent = f.let(n);
  const squared = f.local('i32x4', a);
  const bits = f.local('i32x4', i32x4.abs(exponent));
  const product = f.local('i32x4', 1);
  f.while(v128.any_true(bits), () => {
    const odd = i32x4.eq(v128.and(bits, i32x4.const(1)), 1);
    f.set(product, v128.bitselect(i32x4.mul(product, squared), product, odd));
    f.set(squared, i32x4.mul(squared, squared));
    f.set(bits, i32x4.shr_u(bits, 1));
  });
  const isUnit = i32x4.eq(i32x4.abs(a), 1);
  return v128.and(product, v128.or(isUnit, i32x4.ge_s(exponent, 0)));
}

const powerInts: LaneOp = {
  ...power,
  key: 'pow int32',
  cost: 10,
  lane: (f, x) => integerPower(f, x.int(0), x.int(1)),
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
