// The accumulators of a reduction while they are in registers: lane j of `low` is accumulator j, lane j of `high` accumulator j + 4.
// Knows nothing of what is combined, nor of when a reduction ends.

import {
  type Address,
  type AddressType,
  address,
  type Distance,
  type Expr,
  type FunctionBuilder,
  i8x16,
  i32x4,
  integer,
  type Local,
  v128,
} from '@treadle/wasm';
import { plus, smaller } from '../core/arithmetic.ts';
import type { Lane } from '../core/format.ts';
import { constantLane } from '../elementwise/vector-io.ts';
import { blockLength, type Merge, type Word } from './nest.ts';

/** The element, with identities in the lanes beyond the first `count`. */
export function onlyFirst(
  words: readonly Word[],
  element: readonly Expr<Lane>[],
  count: number,
): readonly Expr<Lane>[] {
  if (count === 4) return element;
  const mask = i32x4.const([0, 1, 2, 3].map((lane) => (lane < count ? -1 : 0)));
  return words.map(({ type, identity }, w) => v128.bitselect(element[w]!, constantLane(type, identity), mask));
}

/** The accumulators of one output; where the order has blocks, also the totals of the blocks that are complete. */
export interface Accumulators {
  readonly low: readonly Local<Lane>[];
  readonly high: readonly Local<Lane>[];
  readonly past: readonly { readonly current: readonly Local<Lane>[]; readonly total: readonly Local<Lane>[] }[];
}

/** Accumulators of no elements. */
export function newAccumulators(f: FunctionBuilder, words: readonly Word[], isInBlocks: boolean): Accumulators {
  const identities = (): Local<Lane>[] => words.map(({ type, identity }) => f.let(constantLane(type, identity)));
  const [low, high] = [identities(), identities()];
  const past = isInBlocks ? [low, high].map((current) => ({ current, total: identities() })) : [];
  return { low, high, past };
}

/** At the end of a block: adds the accumulators to the totals and resets them. */
export function addToTotals(f: FunctionBuilder, words: readonly Word[], merge: Merge, { past }: Accumulators): void {
  for (const { current, total } of past) {
    const sums = merge(f, total, current).map((value) => f.let(value));
    words.forEach(({ type, identity }, w) => {
      f.set(total[w]!, sums[w]!);
      f.set(current[w]!, constantLane(type, identity));
    });
  }
}

/** At the end: adds the totals to the accumulators. */
export function addTotals(f: FunctionBuilder, merge: Merge, { past }: Accumulators): void {
  for (const { current, total } of past) {
    const sums = merge(f, total, current).map((value) => f.let(value));
    current.forEach((local, w) => {
      f.set(local, sums[w]!);
    });
  }
}

/**
 * A loop that calls `eight` at x, x + 32, … up to `to` − 32, at least once; `last` is where the last eight elements of the chunk
 * begin. `next` runs between blocks.
 */
export function eachEight(
  f: FunctionBuilder,
  x: Local<AddressType>,
  { to, last }: { readonly to: Distance; readonly last: Distance },
  eight: () => void,
  next: (() => void) | undefined,
): void {
  const end = f.let(address.sub(to, 32));
  const run = (until: Distance): void =>
    f.loop((again) => {
      eight();
      f.increment(x, 32);
      f.brIf(again, integer.le_s(x, until));
    });
  if (!next) {
    run(end);
    return;
  }
  f.loop((again) => {
    run(f.let(smaller(plus(x, 4 * blockLength - 32), end)));
    f.if(integer.le_s(x, last), next);
    f.brIf(again, integer.le_s(x, end));
  });
}

/** Bytes of scratch that `passThrough` needs for the accumulators of one output. */
export function passBytes(words: readonly Word[]): number {
  return 32 * words.length;
}

/** Stores accumulators and loads them again: V8 joins only operations that lead to a pair of stores. */
export function passThrough(
  f: FunctionBuilder,
  scratch: Address,
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
  const rotate = (values: readonly Expr<Lane>[], lanes: number): readonly Expr<Lane>[] => {
    const bytes = Array.from({ length: 16 }, (_, byte) => (byte + 4 * lanes) % 16);
    return values.map((value) => f.let(i8x16.shuffle(bytes, value, value)));
  };
  const four = merge(low, high); // a0∘a4, a1∘a5, a2∘a6, a3∘a7
  const two = merge(four, rotate(four, 2)); // (a0∘a4)∘(a2∘a6), (a1∘a5)∘(a3∘a7)
  return merge(two, rotate(two, 1));
}
