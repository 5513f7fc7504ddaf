// The elementary functions of one argument: the function in lanes, and its reference in float64.

import { cos, erf, erfc, exp, expm1, log, log1p, sigmoid, sin, softplus, tan, tanh } from '@treadle/kernels';
import type { LaneFunction } from './lanes.ts';
import * as references from './references.ts';

export interface Unary {
  readonly lanes: LaneFunction;
  readonly truth: (x: number) => number;
  /** f(−x) = −f(x), f(−x) = f(x), or neither */
  readonly symmetry?: 'odd' | 'even';
  /** the largest error, where it is more than 2 */
  readonly ulps?: number;
}

export const unary: Readonly<Record<string, Unary>> = {
  exp: { lanes: exp, truth: Math.exp },
  expm1: { lanes: expm1, truth: Math.expm1 },
  log: { lanes: log, truth: Math.log },
  log1p: { lanes: log1p, truth: Math.log1p },
  tanh: { lanes: tanh, truth: Math.tanh, symmetry: 'odd' },
  sigmoid: { lanes: sigmoid, truth: (x) => 1 / (1 + Math.exp(-x)) },
  softplus: { lanes: softplus, truth: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))) },
  erf: { lanes: erf, truth: references.erf, symmetry: 'odd' },
  erfc: { lanes: erfc, truth: references.erfc, ulps: 2.05 },
  sin: { lanes: sin, truth: Math.sin, symmetry: 'odd' },
  cos: { lanes: cos, truth: Math.cos, symmetry: 'even' },
  tan: { lanes: tan, truth: Math.tan, symmetry: 'odd' },
};

/** Zeros, ones, infinities, NaN, the ends of the normal and the denormal range, and where results overflow or vanish. */
export const specialValues: readonly number[] = [
  ...[0, 2 ** -149, 2 ** -148, 2 ** -127, 2 ** -126 - 2 ** -149, 2 ** -126, 2 ** -24, 0.5, Math.SQRT1_2],
  ...[1 - 2 ** -24, 1, 1 + 2 ** -23, Math.SQRT2, 2, 3, 10, Math.PI / 4, Math.PI / 2, Math.PI, 6432, 6432.0005],
  ...[9.01, 16.6, 17.33, 87.336, 88.72283, 88.72284, 88.8, 103.27, 103.97, 103.98, 104, 150],
  ...[2 ** 23, 2 ** 24, 2 ** 31, 2 ** 32, 2 ** 64, 2.4e38, 2 ** 127, 2 ** 128 - 2 ** 104, Infinity, NaN],
].flatMap((x) => [Math.fround(x), Math.fround(-x)]);

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);

/** The float32 of 32 bits. */
export function fromBits(word: number): number {
  bits[0] = word;
  return float[0] ?? 0;
}

/** Bits that tell results apart: those of the float32, with one NaN for all. */
export function toBits(x: number): number {
  float[0] = Number.isNaN(x) ? NaN : x;
  return bits[0] ?? 0;
}
