// exp, log and functions made of them: expm1, log1p, tanh, sigmoid, softplus. Where possible, a gradient uses the result y instead of
// the input, so that the input need not be kept.

import * as math from '@treadle/kernels';
import type { Node } from '../../node.ts';
import { add, div, mul, square, sub } from './arithmetic.ts';
import { floatUnary, type NodeOrNumber } from './lane.ts';

/** eˣ */
export const exp: (x: NodeOrNumber) => Node = floatUnary({
  name: 'exp',
  cost: 1,
  lane: (f, x) => math.exp(f, x.float(0)),
  gradient: (dy, y) => [mul(dy, y)],
});

/** eˣ − 1, accurate near 0 */
export const expm1: (x: NodeOrNumber) => Node = floatUnary({
  name: 'expm1',
  cost: 1.2,
  lane: (f, x) => math.expm1(f, x.float(0)),
  gradient: (dy, y) => [mul(dy, add(y, 1))],
});

/** ln x */
export const log: (x: NodeOrNumber) => Node = floatUnary({
  name: 'log',
  cost: 1.2,
  lane: (f, x) => math.log(f, x.float(0)),
  gradient: (dy, _, [x]) => [x && div(dy, x)],
});

/** ln(1 + x), accurate near 0 */
export const log1p: (x: NodeOrNumber) => Node = floatUnary({
  name: 'log1p',
  cost: 1.5,
  lane: (f, x) => math.log1p(f, x.float(0)),
  gradient: (dy, _, [x]) => [x && div(dy, add(x, 1))],
});

/** tanh x */
export const tanh: (x: NodeOrNumber) => Node = floatUnary({
  name: 'tanh',
  cost: 1.5,
  lane: (f, x) => math.tanh(f, x.float(0)),
  gradient: (dy, y) => [mul(dy, sub(1, square(y)))], // 1 − tanh²
});

/** 1 / (1 + e⁻ˣ) */
export const sigmoid: (x: NodeOrNumber) => Node = floatUnary({
  name: 'sigmoid',
  cost: 1.5,
  lane: (f, x) => math.sigmoid(f, x.float(0)),
  gradient: (dy, y) => [mul(dy, mul(y, sub(1, y)))], // σ(1 − σ)
});

/** ln(1 + eˣ), finite for large x */
export const softplus: (x: NodeOrNumber) => Node = floatUnary({
  name: 'softplus',
  cost: 2,
  lane: (f, x) => math.softplus(f, x.float(0)),
  gradient: (dy, _, [x]) => [x && mul(dy, sigmoid(x))],
});
