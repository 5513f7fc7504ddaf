// The valid taps of a window, those that lie inside the image: as code, for an output that is known at run time, and as numbers.

import { type Expr, type FunctionBuilder, i32 } from '@treadle/wasm';
import { larger, plus, smaller } from '../core/arithmetic.ts';
import type { ConvAxis } from './axis.ts';

/** The first valid tap, and the number of valid taps, of the window that begins at position `start`. */
export function validTaps(
  f: FunctionBuilder,
  { input, taps, dilation }: ConvAxis,
  start: Expr<'i32'>,
): { first: Expr<'i32'>; count: Expr<'i32'> } {
  const zero = i32.const(0);
  // ⌈−start / dilation⌉ and ⌈(input − start) / dilation⌉, no less than 0
  const first = f.let(i32.div_s(plus(larger(i32.sub(0, start), zero), dilation - 1), dilation));
  const beyond = f.let(larger(i32.sub(input, start), zero));
  const end = f.let(smaller(i32.div_s(plus(beyond, dilation - 1), dilation), i32.const(taps)));
  return { first, count: f.let(i32.sub(end, first)) };
}

/** Neighbouring outputs whose windows have the same valid taps. */
export interface TapRun {
  /** the first output */
  readonly output: number;
  /** the number of outputs */
  readonly outputs: number;
  /** the first valid tap */
  readonly first: number;
  /** the number of valid taps */
  readonly count: number;
}

/** All outputs of the axis, in order. */
export function tapRuns({ input, output, taps, stride, dilation, before }: ConvAxis): TapRun[] {
  const runs: TapRun[] = [];
  for (let o = 0; o < output; o++) {
    const start = o * stride - before;
    const first = Math.min(taps, Math.max(0, Math.ceil(-start / dilation)));
    const count = Math.max(0, Math.min(taps, Math.ceil((input - start) / dilation)) - first);
    const last = runs.at(-1);
    if (last?.first === first && last.count === count) runs.splice(-1, 1, { ...last, outputs: last.outputs + 1 });
    else runs.push({ output: o, outputs: 1, first, count });
  }
  return runs;
}

/** The first output of an axis for which tap t is valid, and the number of such outputs; they are neighbours. */
export function outputsOf(
  { input, output, stride, dilation, before }: ConvAxis,
  t: number,
): { output: number; outputs: number } {
  const upTo = (position: number): number =>
    Math.min(output, Math.max(0, Math.ceil((position + before - t * dilation) / stride)));
  return { output: upTo(0), outputs: upTo(input) - upTo(0) };
}
