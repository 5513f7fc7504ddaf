// The accumulators of a fold while they are in registers: lane j of `low` is accumulator j, lane j of `high` accumulator j + 4.
// What a fold combines, and when it ends, is not known here.

import { type Expr, type FunctionBuilder, i8x16, i32x4, type Local, v128 } from '@treadle/wasm';
import type { Merge, Word } from './fold-nest.ts';
import { constantLane, type Lane } from './lane.ts';

/** Identities in the lanes beyond the first `count`. */
export function onlyFirst(
  words: readonly Word[],
  element: readonly Expr<Lane>[],
  count: number,
): readonly Expr<Lane>[] {
  if (count === 4) return element;
  const mask = i32x4.const([0, 1, 2, 3].map((lane) => (lane < count ? -1 : 0)));
  return words.map(({ type, identity }, w) => v128.bitselect(element[w]!, constantLane(type, identity), mask));
}

/** Bytes that `passThrough` needs for the accumulators of one fold. */
export function passBytes(words: readonly Word[]): number {
  return 32 * words.length;
}

/** Stores accumulators and fetches them again: V8 joins what leads to a pair of stores, and nothing else. */
export function passThrough(
  f: FunctionBuilder,
  scratch: Expr<'i32'>,
  low: readonly Local<Lane>[],
  high: readonly Local<Lane>[],
): void {
  low.forEach((value, w) => {
    f.do(v128.store(scratch, value, 32 * w), v128.store(scratch, high[w]!, 32 * w + 16));
  });
  low.forEach((value, w) => {
    f.set(value, v128.load(value.type, scratch, 32 * w));
    f.set(high[w]!, v128.load(value.type, scratch, 32 * w + 16));
  });
}

/** ((a0∘a4)∘(a2∘a6))∘((a1∘a5)∘(a3∘a7)), in lane 0. */
export function mergeLanes(
  f: FunctionBuilder,
  mergeTwo: Merge,
  low: readonly Expr<Lane>[],
  high: readonly Expr<Lane>[],
): readonly Expr<Lane>[] {
  const merge = (a: readonly Expr<Lane>[], b: readonly Expr<Lane>[]): readonly Expr<Lane>[] =>
    mergeTwo(f, a, b).map((value) => f.let(value));
  const turn = (values: readonly Expr<Lane>[], lanes: number): readonly Expr<Lane>[] => {
    const bytes = Array.from({ length: 16 }, (_, byte) => (byte + 4 * lanes) % 16);
    return values.map((value) => f.let(i8x16.shuffle(bytes, value, value)));
  };
  const four = merge(low, high); // a0∘a4, a1∘a5, a2∘a6, a3∘a7
  const two = merge(four, turn(four, 2)); // (a0∘a4)∘(a2∘a6), (a1∘a5)∘(a3∘a7)
  return merge(two, turn(two, 1));
}
