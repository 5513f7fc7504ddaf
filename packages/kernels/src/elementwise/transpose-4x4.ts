// A 4 × 4 transpose in registers: four vectors hold the rows before and the columns after. Takes eight shuffles, which V8 can
// join with those of a neighbouring block. Elements are moved, never read as numbers.

import { type Expr, type FunctionBuilder, i8x16 } from '@treadle/wasm';
import type { Lane } from '../core/format.ts';

/** The columns of four rows of four. */
export function transpose4x4<T extends Lane>(f: FunctionBuilder, rows: readonly Expr<T>[]): Expr<T>[] {
  return [0, 2].flatMap((half) => {
    const low = f.let(interleave(rows[0]!, rows[1]!, half));
    const high = f.let(interleave(rows[2]!, rows[3]!, half));
    return [f.let(halves(low, high, 0)), f.let(halves(low, high, 2))];
  });
}

/** a[lane], b[lane], a[lane + 1], b[lane + 1] */
function interleave<T extends Lane>(a: Expr<T>, b: Expr<T>, lane: number): Expr<T> {
  return i8x16.shuffle(bytesOf([lane, 4 + lane, lane + 1, 5 + lane]), a, b);
}

/** a[lane], a[lane + 1], b[lane], b[lane + 1] */
function halves<T extends Lane>(a: Expr<T>, b: Expr<T>, lane: number): Expr<T> {
  return i8x16.shuffle(bytesOf([lane, lane + 1, 4 + lane, 5 + lane]), a, b);
}

function bytesOf(lanes: readonly number[]): number[] {
  return lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte));
}
