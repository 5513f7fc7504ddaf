// A reduction across outputs that are neighbours in memory: each lane is an output of its own. A strip of columns is reduced row
// by row in the order of memory. Its accumulators, eight for each column, are kept in scratch; row k joins those of k mod 8.

import { type Address, address, type Expr, type FunctionBuilder, i32, i32x4, v128 } from '@treadle/wasm';
import { plus, ramp, smaller, times } from '../core/arithmetic.ts';
import { sizeOf } from '../core/collapse-dims.ts';
import type { Lane } from '../core/format.ts';
import { bytesOf } from '../core/format.ts';
import type { Kernel } from '../core/kernel.ts';
import { kernelOverTiles } from '../core/kernel-frame.ts';
import { countLoop } from '../core/loops/count.ts';
import { eachRow, unflatten } from '../core/loops/rows.ts';
import { partition } from '../core/tile-partition.ts';
import { constantLane, formatOf, readEight, readSplat, writeFour } from '../elementwise/vector-io.ts';
import { addRounds, narrowRounds } from './across-narrow.ts';
import { linearAddress } from './gather-axes.ts';
import {
  betweenBlocks,
  blockLength,
  cursorsOf,
  finished,
  inRun,
  isInBlocks,
  isNear,
  lengthFrom,
  mergeEight,
  type ReduceNest,
  reducedLength,
  type Strip,
  workOf,
} from './nest.ts';

/**
 * The columns of the widest strip: its accumulators fit in a near cache. A row of it is a page of memory. Prefetching ends at a
 * page, so nothing is fetched that belongs to the strip of another thread.
 */
const widestStrip = 1024;

/** The lanes go along the last dimension of the outputs; loads have stride 0 or 1 there. */
export function reduceAcross(nest: ReduceNest): Kernel {
  const { program, outputs, stores } = nest;
  const { name, cost, shape, loads, words } = program;
  const rows = outputs.slice(0, -1);
  const parts = partition(sizeOf(rows), outputs.at(-1)!, tileOutputs(nest));
  const pitch = 32 * Math.ceil(Math.min(parts.tileColumns, widestStrip) / 8);
  return kernelOverTiles({
    name,
    parts,
    cost: sizeOf(shape) * cost,
    work: workOf(nest),
    // the accumulators, and as many totals where the order has blocks
    scratch: (isInBlocks(nest) ? 2 : 1) * words.length * 8 * pitch,
    loads: loads.map(({ operand }) => operand),
    stores: stores.map(({ operand }) => operand),
    emit: (f, table, { row0, row1, col0, col1 }, scratch) => {
      const run = inRun(f, nest, table);
      const { addresses, positions } = cursorsOf(f, nest, table, rows.length);
      const reduceRow = (at: readonly Address[], [flat, start]: readonly Expr<'i32'>[]): void => {
        countLoop(f, col0, col1, widestStrip, (left) => {
          const right = f.let(smaller(plus(left, widestStrip), col1));
          const [x0, end] = [f.let(address.times(left, 4)), f.let(address.times(right, 4))];
          const columns = Math.min(parts.tileColumns, widestStrip);
          const home = f.let(address.sub(scratch, x0));
          reduceStrip(f, run, { columns, at, flat: flat!, start: start!, x0, end, home, pitch });
        });
      };
      eachRow(f, { shape: rows, from: row0, to: row1 }, addresses, reduceRow, positions);
    },
  });
}

/** From so many elements on, they come from memory and not from a cache. */
const many = 2 ** 20;

/** The outputs of a tile: about 10 µs, but at least 128 neighbours where there are as many, and whole strips of rows from memory. */
function tileOutputs(nest: ReduceNest): number {
  const { shape, cost } = nest.program;
  const columns = nest.outputs.at(-1)!;
  const wanted = Math.floor(10_000 / (cost * reducedLength(nest)));
  const count = Math.max(Math.min(128, columns), Math.min(16_384, wanted));
  return count < columns && sizeOf(shape) >= many
    ? Math.min(columns, widestStrip * Math.ceil(count / widestStrip))
    : count;
}

/** Rows, eight apart, that join an accumulator together: it is loaded and stored once for all of them. */
function rowsTogether(nest: ReduceNest): number {
  return isNear(nest) ? 4 : 1;
}

function reduceStrip(f: FunctionBuilder, nest: ReduceNest, strip: Strip): void {
  const { program, axis } = nest;
  clear(f, nest, strip);
  const rows = program.loads.map((_, v) => f.let(strip.at[v]!));
  const k = f.local('i32', 0);
  const length = lengthFrom(f, nest, strip.start);
  const advance = (count: number): void => {
    rows.forEach((row, v) => {
      const bytes = bytesOf(program.loads[v]!.operand.narrow);
      if (axis[v] && !program.nested) f.increment(row, bytes * count * axis[v]);
    });
    f.increment(k, count);
  };
  const nextBlock = (): void => {
    if (!isInBlocks(nest)) return;
    const isBetween = i32.and(i32.gt_s(k, 0), i32.eqz(i32.and(k, blockLength - 1)));
    f.if(i32.and(isBetween, i32.le_s(i32.add(k, 8), length)), () => {
      betweenBlocks(f, nest, () => addToTotals(f, nest, strip));
    });
  };
  const narrow = narrowRounds(nest, strip.columns);
  const together = rowsTogether(nest);
  const block = narrow === undefined ? 8 * together : 8;
  if (reducedLength(nest) >= block) {
    f.while(i32.le_s(i32.add(k, block), length), () => {
      nextBlock();
      if (narrow !== undefined) {
        const rounds = f.let(smaller(i32.shr_u(i32.sub(length, k), 3), i32.const(narrow)));
        addRounds(f, nest, strip, rows, k, rounds);
        rows.forEach((row, v) => {
          if (axis[v]) f.increment(row, address.times(rounds, 32 * axis[v]));
        });
        f.increment(k, i32.shl(rounds, 3));
        return;
      }
      f.loop((again) => {
        addRows(f, nest, strip, rows, k, together);
        advance(1);
        f.brIf(again, i32.and(k, 7));
      });
      advance(block - 8);
    });
  }
  nextBlock();
  f.while(i32.lt_s(k, length), () => {
    addRows(f, nest, strip, rows, k, 1);
    advance(1);
  });
  finish(f, nest, strip);
}

function clear(f: FunctionBuilder, nest: ReduceNest, strip: Strip): void {
  const count = Math.min(8, nest.length);
  countLoop(f, strip.x0, strip.end, 32, (x) => {
    const to = f.let(address.add(strip.home, x));
    nest.program.words.forEach(({ type, identity }, w) => {
      const value = constantLane(type, identity);
      const own = Array.from({ length: count }, (_, j) => 8 * w + j);
      for (const j of isInBlocks(nest) ? [...own, ...own.map((j) => totalOf(nest, j))] : own) {
        f.do(v128.store(to, value, j * strip.pitch), v128.store(to, value, j * strip.pitch + 16));
      }
    });
  });
}

/** The number of the accumulator that holds the total of accumulator j. */
function totalOf({ program }: ReduceNest, j: number): number {
  return 8 * program.words.length + j;
}

/** At the end of a block: adds each accumulator to its total and resets it. */
function addToTotals(f: FunctionBuilder, nest: ReduceNest, { x0, end, home, pitch }: Strip): void {
  const { words, merge } = nest.program;
  const pairs = words.map((_, w) => [8 * w * pitch, totalOf(nest, 8 * w) * pitch] as const);
  countLoop(f, address.const(0), address.const(8 * pitch), pitch, (j) => {
    const own = f.let(address.add(home, j));
    countLoop(f, x0, end, 32, (x) => {
      const at = f.let(address.add(own, x));
      const load = (which: 0 | 1, half: number): Expr<Lane>[] =>
        words.map(({ type }, w) => f.let(v128.load(type, at, pairs[w]![which] + 16 * half)));
      const [low, high] = [0, 1].map((half) => merge(f, load(1, half), load(0, half)).map((value) => f.let(value)));
      words.forEach(({ type, identity }, w) => {
        const [block, total] = pairs[w]!;
        const value = constantLane(type, identity);
        f.do(v128.store(at, low![w]!, total), v128.store(at, high![w]!, total + 16));
        f.do(v128.store(at, value, block), v128.store(at, value, block + 16));
      });
    });
  });
}

/** Elements k, k + 8, … of every column join accumulator k mod 8, in this order. */
function addRows(
  f: FunctionBuilder,
  { program, strides, axis }: ReduceNest,
  { at, flat, start, x0, end, home, pitch }: Strip,
  rows: readonly Address[],
  k: Expr<'i32'>,
  count: number,
): void {
  const flatStride = strides.at(-2)!.at(-1)!;
  const accumulators = f.let(address.add(home, address.times(i32.and(k, 7), pitch)));
  const elements = Array.from({ length: count }, (_, e) => {
    const own = e === 0 ? k : f.let(plus(k, 8 * e));
    const { nested } = program;
    const bytes = program.loads.map(({ operand }) => bytesOf(operand.narrow));
    const indices = nested && unflatten(f, f.let(i32.add(start, own)), nested.sizes);
    const rowOf = (v: number): Address => {
      const along = nested?.strides[v];
      if (!indices || !along) return e === 0 ? rows[v]! : f.let(plus(rows[v]!, 8 * bytes[v]! * e * axis[v]!));
      return f.let(linearAddress(at[v]!, indices, along, bytes[v]!));
    };
    const sources = program.loads.map((load, v) => {
      const [format, row, stride] = [formatOf(load), rowOf(v), strides[v]!.at(-1)!];
      return { format, row, stride, value: stride === 0 ? readSplat(f, format, row) : undefined };
    });
    return { k: own, sources };
  });
  countLoop(f, x0, end, 32, (x) => {
    const to = f.let(address.add(accumulators, x));
    let results = [0, 1].map((half) =>
      program.words.map(({ type }, w): Expr<Lane> => f.let(v128.load(type, to, 8 * w * pitch + 16 * half))),
    );
    for (const { k, sources } of elements) {
      const pairs = sources.map(({ format, row, stride, value }) =>
        value ? [value, value] : readEight(f, format, row, stride, x),
      );
      results = results.map((accumulator, half) => {
        const element = program.body(
          f,
          pairs.map((pair) => pair[half]!),
          {
            index: () => {
              const column = times(address.index(x, 2), flatStride);
              return f.let(ramp(i32.add(i32.add(flat, k), column), flatStride, 4 * half));
            },
            k: () => i32x4.splat(i32.add(start, k)),
          },
        );
        return program.accumulate(f, accumulator, element).map((value) => f.let(value));
      });
    }
    results.forEach((values, half) => {
      values.forEach((value, w) => {
        f.do(v128.store(to, value, 8 * w * pitch + 16 * half));
      });
    });
  });
}

function finish(f: FunctionBuilder, nest: ReduceNest, { at, x0, end, home, pitch }: Strip): void {
  const { program, stores, strides, length } = nest;
  countLoop(f, x0, end, 16, (x) => {
    const from = f.let(address.add(home, x));
    const load = (accumulatorOf: (w: number) => number): Expr<Lane>[] =>
      program.words.map(({ type }, w) => f.let(v128.load(type, from, accumulatorOf(w) * pitch)));
    const accumulators = Array.from({ length: Math.min(8, length) }, (_, j) => {
      const last = load((w) => 8 * w + j);
      if (!isInBlocks(nest)) return last;
      const total = load((w) => totalOf(nest, 8 * w + j));
      return program.merge(f, total, last).map((value) => f.let(value));
    });
    const result = finished(f, program, mergeEight(f, nest, accumulators));
    stores.forEach(({ word, operand }, s) => {
      const v = program.loads.length + s;
      writeFour(f, at[v]!, strides[v]!.at(-1)!, x, result[word]!, { end }, operand.narrow);
    });
  });
}
