// The inside of a reduction across few columns (across.ts): the rows of a block are reduced for eight columns at a time, so the
// accumulators of these stay in registers. Every element joins the same accumulator in the same order as row by row.

import {
  type Address,
  address,
  type Distance,
  type Expr,
  type FunctionBuilder,
  i32,
  i32x4,
  type Local,
  v128,
} from '@treadle/wasm';
import { plus, ramp, times } from '../core/arithmetic.ts';
import type { Lane } from '../core/format.ts';
import { countLoop } from '../core/loops/count.ts';
import { blockLength, isNear, type ReduceNest, type Strip } from './nest.ts';

/** The most columns: of elements near in the caches, and of others, whose order in memory matters more. */
const [mostNear, mostFar] = [128, 16];
/** The most bytes of a block, which is read once for each eight columns: a part of an L1. */
const blockBytes = 24_576;
/** The most vectors that stay in registers. */
const mostHeld = 16;

/** The rounds of eight rows in a block; undefined where rows should be reduced one by one. */
export function narrowRounds(nest: ReduceNest, columns: number): number | undefined {
  const { program, axis, strides } = nest;
  const isPlain = program.loads.every(
    ({ operand }, v) => !operand.narrow && axis[v]! >= 0 && [0, 1].includes(strides[v]!.at(-1)!),
  );
  if (program.nested || !isPlain || columns > (isNear(nest) ? mostNear : mostFar)) return undefined;
  const moving = axis.filter((stride) => stride !== 0).length;
  const rows = Math.min(blockLength, Math.floor(blockBytes / (4 * columns * Math.max(1, moving))));
  // blocks begin where accumulators are added to the totals: after a power of two of rounds
  return 2 ** Math.floor(Math.log2(Math.max(8, rows) / 8));
}

/** Elements k … k + 8·rounds − 1 of every column join accumulators k mod 8; `rows`: the addresses of element k of column 0. */
export function addRounds(
  f: FunctionBuilder,
  nest: ReduceNest,
  strip: Strip,
  rows: readonly Address[],
  k: Expr<'i32'>,
  rounds: Expr<'i32'>,
): void {
  const held = 8 / Math.max(1, (2 * 8 * nest.program.words.length) / mostHeld);
  const together = Math.max(1, 2 ** Math.floor(Math.log2(held)));
  countLoop(f, strip.x0, strip.end, 32, (x) => {
    const home = f.let(address.add(strip.home, x));
    for (let first = 0; first < 8; first += together) {
      addToHeld(f, nest, { ...strip, home }, { rows, x, k, rounds, first, together });
    }
  });
}

interface Eight {
  readonly rows: readonly Address[];
  readonly x: Distance;
  readonly k: Expr<'i32'>;
  readonly rounds: Expr<'i32'>;
  /** the first accumulator that is held in registers */
  readonly first: number;
  /** the number of accumulators that are held */
  readonly together: number;
}

function addToHeld(f: FunctionBuilder, nest: ReduceNest, { flat, start, home, pitch }: Strip, eight: Eight): void {
  const { program, strides, axis } = nest;
  const { rows, x, k, rounds, first, together } = eight;
  const flatStride = strides.at(-2)!.at(-1)!;
  const offsetOf = (j: number, w: number): number => (8 * w + first + j) * pitch;
  const sums = Array.from({ length: together }, (_, j) =>
    [0, 16].map((half) =>
      program.words.map(({ type }, w): Local<Lane> => f.local(type, v128.load(type, home, offsetOf(j, w) + half))),
    ),
  );
  const sources = program.loads.map(({ type }, v) => {
    const stride = strides[v]!.at(-1)!;
    const from = f.let(address.add(rows[v]!, plus(address.scaled(x, stride), 4 * first * axis[v]!)));
    const read = (offset: number): [Expr<Lane>, Expr<Lane>] => {
      if (stride === 1) return [f.let(v128.load(type, from, offset)), f.let(v128.load(type, from, offset + 16))];
      const value = f.let(v128.load32_splat(type, from, offset));
      return [value, value];
    };
    return { from, read, same: axis[v] === 0 ? read(0) : undefined, stride: 4 * axis[v]! };
  });
  const element = f.let(plus(k, first));
  const left = f.let(rounds);
  f.loop((again) => {
    sums.forEach((halves, j) => {
      const pairs = sources.map(({ read, same, stride }) => same ?? read(j * stride));
      halves.forEach((words, half) => {
        const values = pairs.map((pair) => pair[half]!);
        const results = program.body(f, values, {
          index: () => {
            const column = times(address.index(x, 2), flatStride);
            return f.let(ramp(i32.add(i32.add(flat, plus(element, j)), column), flatStride, 4 * half));
          },
          k: () => i32x4.splat(i32.add(start, plus(element, j))),
        });
        const next = program.accumulate(f, words, results).map((value) => f.let(value));
        words.forEach((word, w) => {
          f.set(word, next[w]!);
        });
      });
    });
    for (const { from, stride } of sources) if (stride > 0) f.increment(from, 8 * stride);
    f.increment(element, 8);
    f.increment(left, -1);
    f.brIf(again, left);
  });
  sums.forEach((halves, j) => {
    halves.forEach((words, half) => {
      words.forEach((word, w) => {
        f.do(v128.store(home, word, offsetOf(j, w) + 16 * half));
      });
    });
  });
}
