// A fold along its axis: one output at a time, the eight accumulators in the lanes of two vectors on neighbouring addresses.
// Best where the elements of an output lie side by side; right wherever they lie.

import { type Expr, type FunctionBuilder, i8x16, i32, i32x4, type Local, v128 } from '@treadle/wasm';
import { sizeOf } from './collapse.ts';
import { cursorsOf, type FoldNest, foldLength, lengthFrom } from './fold-nest.ts';
import type { Kernel } from './kernel.ts';
import { constantLane, type Lane, plus, ramp, readEight, readFour } from './lane.ts';
import { partition, tileElements } from './partition.ts';
import { eachRow } from './rows.ts';
import { tiled } from './tiled.ts';

export function foldAlong(nest: FoldNest): Kernel {
  const { program, outputs, stores } = nest;
  const { name, cost, shape, loads } = program;
  return tiled({
    name,
    parts: partition(sizeOf(outputs), 1, tileElements(cost) / foldLength(nest)),
    cost: sizeOf(shape) * cost,
    loads: loads.map(({ operand }) => operand),
    stores: stores.map(({ operand }) => operand),
    emit: (f, table, { row0, row1 }) => {
      const cursors = cursorsOf(f, nest, table, outputs.length);
      eachRow(f, { shape: outputs, from: row0, to: row1 }, cursors, (at) => foldRow(f, nest, at));
    },
  });
}

/** One output: `at` holds the addresses of its loads and stores, its flat index and its first k. */
function foldRow(f: FunctionBuilder, nest: FoldNest, at: readonly Expr<'i32'>[]): void {
  const { program, axis, stores, length, chunks } = nest;
  const { loads, words } = program;
  const [flat, start] = [at.at(-2)!, at.at(-1)!];
  const sources = loads.map(({ type }, v) => ({ type, row: at[v]!, stride: axis[v]! }));
  const accumulator = (): Local<Lane>[] => words.map(({ type, identity }) => f.let(constantLane(type, identity)));
  const [low, high] = [accumulator(), accumulator()];
  const x = f.local('i32', 0);
  const end = f.let(i32.shl(lengthFrom(f, nest, start), 2));
  const lift = (values: readonly Expr<Lane>[], first: number): readonly Expr<Lane>[] => {
    const ramped = (base: Expr<'i32'>): Expr<'i32x4'> => f.let(ramp(i32.add(base, i32.shr_u(x, 2)), 1, first));
    return program.body(f, values, { index: () => ramped(flat), k: () => ramped(start) });
  };
  if (length >= 8) {
    f.forSteps(x, end, 32, () => {
      const pairs = sources.map(({ type, row, stride }) => readEight(f, type, row, stride, x));
      const elements = [0, 1].map((half) =>
        lift(
          pairs.map((pair) => pair[half]!),
          4 * half,
        ),
      );
      step(f, nest, low, elements[0]!);
      step(f, nest, high, elements[1]!);
    });
  }
  const four = (into: readonly Local<Lane>[], first: number, count: number): void => {
    const position = f.let(plus(x, 4 * first));
    const values = sources.map(({ type, row, stride }) => readFour(f, type, row, stride, position, count));
    step(f, nest, into, onlyFirst(nest, lift(values, first), count));
  };
  const left = length % 8;
  const rest = (): void => {
    four(low, 0, Math.min(4, left));
    if (left > 4) four(high, 4, left - 4);
  };
  if (left > 0 && chunks > 1) f.if(i32.lt_s(x, end), rest);
  else if (left > 0) rest();
  const result = mergeLanes(f, nest, low, high);
  stores.forEach(({ word }, s) => {
    f.do(v128.store32_lane(0, at[loads.length + s]!, result[word]!));
  });
}

function step(
  f: FunctionBuilder,
  { program }: FoldNest,
  accumulator: readonly Local<Lane>[],
  element: readonly Expr<Lane>[],
): void {
  const next = program.step(f, accumulator, element).map((value) => f.let(value));
  accumulator.forEach((local, w) => {
    f.set(local, next[w]!);
  });
}

/** Identities in the lanes beyond `count`. */
function onlyFirst({ program }: FoldNest, element: readonly Expr<Lane>[], count: number): readonly Expr<Lane>[] {
  if (count === 4) return element;
  const mask = i32x4.const([0, 1, 2, 3].map((lane) => (lane < count ? -1 : 0)));
  return program.words.map(({ type, identity }, w) => v128.bitselect(element[w]!, constantLane(type, identity), mask));
}

/** Lane j of `low` is accumulator j, lane j of `high` accumulator j + 4; the result is in lane 0. */
function mergeLanes(
  f: FunctionBuilder,
  { program }: FoldNest,
  low: readonly Expr<Lane>[],
  high: readonly Expr<Lane>[],
): readonly Expr<Lane>[] {
  const merge = (a: readonly Expr<Lane>[], b: readonly Expr<Lane>[]): readonly Expr<Lane>[] =>
    program.merge(f, a, b).map((value) => f.let(value));
  const turn = (values: readonly Expr<Lane>[], lanes: number): readonly Expr<Lane>[] => {
    const bytes = Array.from({ length: 16 }, (_, byte) => (byte + 4 * lanes) % 16);
    return values.map((value) => f.let(i8x16.shuffle(bytes, value, value)));
  };
  const four = merge(low, high); // a0∘a4, a1∘a5, a2∘a6, a3∘a7
  const two = merge(four, turn(four, 2)); // (a0∘a4)∘(a2∘a6), (a1∘a5)∘(a3∘a7)
  return merge(two, turn(two, 1));
}
