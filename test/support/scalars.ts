// The elementwise functions in float64, on single numbers: the reference for those of the engine.

import { erf, erfc } from '../kernels/math/references.ts';

/** a − b·⌊a/b⌋, exact, with the sign of b, as in NumPy and Python. */
function mod(a: number, b: number): number {
  const rest = a % b;
  if (rest === 0) return Object.is(b, -0) || b < 0 ? -0 : 0;
  return rest < 0 !== b < 0 ? rest + b : rest;
}

/** The power of C and NumPy. JavaScript's differs for the base ±1 and for the exponent 0. */
function pow(a: number, b: number): number {
  if (a === 1 || b === 0) return 1;
  if (a === -1 && Math.abs(b) === Infinity) return 1;
  return a ** b;
}

function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  const isUp = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0);
  const y = isUp ? floor + 1 : floor;
  return y === 0 && (x < 0 || Object.is(x, -0)) ? -0 : y;
}

const { abs, ceil, cos, exp, expm1, floor, log, log1p, max, min, sign, sin, sqrt, tan, tanh } = Math;

export const scalars = {
  abs,
  add: (a: number, b: number) => a + b,
  ceil,
  cos,
  div: (a: number, b: number) => a / b,
  erf,
  erfc,
  exp,
  expm1,
  floor,
  log,
  log1p,
  maximum: max,
  minimum: min,
  mod,
  mul: (a: number, b: number) => a * b,
  neg: (x: number) => -x,
  pow,
  reciprocal: (x: number) => 1 / x,
  relu: (x: number) => (x < 0 ? 0 : x),
  round: roundHalfEven,
  rsqrt: (x: number) => 1 / sqrt(x),
  sigmoid: (x: number) => 1 / (1 + exp(-x)),
  sign,
  sin,
  softplus: (x: number) => max(x, 0) + log1p(exp(-abs(x))),
  sqrt,
  square: (x: number) => x * x,
  stopGradient: (x: number) => x,
  sub: (a: number, b: number) => a - b,
  tan,
  tanh,
} as const;

/** Functions whose float32 result is correctly rounded or exact. */
export const isRounded: ReadonlySet<string> = new Set([
  ...[
    'abs',
    'add',
    'ceil',
    'div',
    'floor',
    'maximum',
    'minimum',
    'mod',
    'mul',
    'neg',
    'reciprocal',
    'relu',
    'round',
    'sign',
  ],
  ...['sqrt', 'square', 'stopGradient', 'sub'],
]);
