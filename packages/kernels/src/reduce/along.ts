// A fold along its axis: an output, or a bunch of them side by side, the eight accumulators of each in the lanes of two
// vectors on neighbouring addresses.
// Best where the elements of an output lie side by side; right wherever they lie.

import { type Expr, type FunctionBuilder, i32, type Local } from '@treadle/wasm';
import { sizeOf } from '../core/collapse-dims.ts';
import { bytesOf, type Format } from '../core/format.ts';
import type { Kernel } from '../core/kernel.ts';
import { kernelOverTiles } from '../core/kernel-frame.ts';
import { countLoop } from '../core/loops/count.ts';
import { eachRow } from '../core/loops/rows.ts';
import { memoize } from '../core/memoize.ts';
import { partition, tileElements } from '../core/tile-partition.ts';
import { pairOfIndices } from '../elementwise/index-block.ts';
import { formatOf, type Lane, plus, ramp, readEight, readFour, smaller, writeOne } from '../elementwise/vector-io.ts';
import {
  type Accumulators,
  eachEight,
  mergeLanes,
  newAccumulators,
  onlyFirst,
  passBytes,
  passThrough,
  putAside,
  takeBack,
} from './accumulators.ts';
import { copyPiece, pieceBytes, pieceLength } from './gather-axes.ts';
import {
  betweenBlocks,
  chunkLength,
  cursorsOf,
  type FoldNest,
  finished,
  foldLength,
  inRun,
  isInBlocks,
  lengthFrom,
  workOf,
} from './nest.ts';

export function foldAlong(nest: FoldNest): Kernel {
  const { program, stores } = nest;
  const { name, cost, shape, loads, present } = program;
  const { outputs, steps, count } = inBunches(nest);
  return kernelOverTiles({
    name,
    parts: partition(sizeOf(outputs), 1, tileElements(cost) / (count * foldLength(nest))),
    cost: sizeOf(shape) * cost,
    work: workOf(nest),
    scratch: count * scratchOf(nest),
    loads: loads.map(({ operand }) => operand),
    stores: stores.map(({ operand }) => operand),
    present: nest.chunks === 1 ? present : undefined,
    emit: (f, table, { row0, row1 }, scratch) => {
      const run = inRun(f, nest, table);
      const cursors = cursorsOf(f, nest, table, nest.outputs.length).map(({ base, steps: all }) => ({
        base,
        steps: all.length === 0 ? all : [...all.slice(0, -1), count * all.at(-1)!],
      }));
      eachRow(f, { shape: outputs, from: row0, to: row1 }, cursors, (first) => {
        const rows = Array.from({ length: count }, (_, r) =>
          first.map((at, v) => (r === 0 || steps[v] === 0 ? at : f.let(plus(at, r * steps[v]!)))),
        );
        foldRows(f, run, rows, scratch);
      });
    },
  });
}

/**
 * The outputs of a fold in bunches of neighbours that are folded side by side, so that no step waits for the one before;
 * `steps`: from one to the next, for each cursor. Where a step takes long anyway, or they have different lengths, one.
 */
function inBunches({ program, stores, outputs, strides, chunks, length }: FoldNest): {
  outputs: readonly number[];
  steps: readonly number[];
  count: number;
} {
  const last = outputs.at(-1) ?? 1;
  const isOne = program.cost > 0.6 || length < 64 || last % 4 !== 0 || (chunks > 1 && outputs.length === 1);
  if (isOne) return { outputs, steps: [], count: 1 };
  const operands = [...program.loads, ...stores].map(({ operand }) => bytesOf(operand.narrow));
  const steps = strides.map((along, v) => (operands[v] ?? 1) * along.at(-1)!);
  return { outputs: [...outputs.slice(0, -1), last / 4], steps, count: 4 };
}

/** An output that is being folded. */
interface Row extends Accumulators {
  /** the addresses of its loads and stores, its flat index and its first k */
  readonly at: readonly Expr<'i32'>[];
  /** where elements of its loads are read, so many elements from one to the next */
  readonly sources: readonly Expr<'i32'>[];
  /** the same, where they move from piece to piece */
  readonly windows: readonly Local<'i32'>[];
  readonly steps: readonly number[];
  readonly formats: readonly Format[];
  readonly flat: Expr<'i32'>;
  readonly start: Expr<'i32'>;
}

/** Outputs side by side, of the same length. */
function foldRows(
  f: FunctionBuilder,
  nest: FoldNest,
  rows: readonly (readonly Expr<'i32'>[])[],
  scratch: Expr<'i32'>,
): void {
  const { program, stores, length, chunks } = nest;
  const { loads, words } = program;
  const bunch = rows.map(
    (at): Row => ({
      at,
      ...sourcesOf(f, nest, at),
      flat: at.at(-2)!,
      start: at.at(-1)!,
      ...newAccumulators(f, words, isInBlocks(nest)),
    }),
  );
  const x = f.local('i32', 0);
  const end = f.let(i32.shl(lengthFrom(f, nest, bunch[0]!.start), 2));
  const eights = (): void => foldEights(f, nest, bunch, x, end, scratch);
  const shortest = length % chunkLength || chunkLength;
  if (program.nested) foldPieces(f, nest, bunch, x, end, scratch);
  else if (shortest >= 8) eights();
  else if (length >= 8) f.if(i32.ge_s(end, 32), eights);
  const left = length % 8;
  const rest = (): void => {
    for (const row of bunch) {
      foldFour(f, nest, row, x, 0, Math.min(4, left));
      if (left > 4) foldFour(f, nest, row, x, 4, left - 4);
    }
  };
  if (left > 0 && chunks > 1) f.if(i32.lt_s(x, end), rest);
  else if (left > 0) rest();
  for (const row of bunch) {
    takeBack(f, program.merge, row);
    const { at, low, high } = row;
    const result = finished(f, program, mergeLanes(f, program.merge, low, high));
    stores.forEach(({ word, operand }, s) => {
      writeOne(f, at[loads.length + s]!, result[word]!, operand.narrow);
    });
  }
}

function sourcesOf(
  f: FunctionBuilder,
  { program, axis }: FoldNest,
  at: readonly Expr<'i32'>[],
): Pick<Row, 'sources' | 'windows' | 'steps' | 'formats'> {
  const { loads, nested } = program;
  if (!nested) return { sources: at, windows: [], steps: axis, formats: loads.map(formatOf) };
  const windows = loads.map(() => f.local('i32'));
  return { sources: windows, windows, steps: windows.map(() => 1), formats: loads.map(({ type }) => type) };
}

function position(base: Expr<'i32'>, x: Expr<'i32'>): Expr<'i32'> {
  return i32.add(base, i32.shr_u(x, 2));
}

/** Eight elements of every row at a time, as long as there are eight; there are at first. */
function foldEights(
  f: FunctionBuilder,
  nest: FoldNest,
  bunch: readonly Row[],
  x: Local<'i32'>,
  end: Expr<'i32'>,
  scratch: Expr<'i32'>,
): void {
  const last = f.let(i32.sub(end, 32));
  eachEight(f, x, { to: end, last }, () => foldEight(f, nest, bunch, x), nextBlock(f, nest, bunch));
  passAll(f, nest, bunch, scratch);
}

/** The same where the axis is several: pieces of it are first copied to where they lie like one; what is left is of the last. */
function foldPieces(
  f: FunctionBuilder,
  nest: FoldNest,
  bunch: readonly Row[],
  x: Local<'i32'>,
  end: Expr<'i32'>,
  scratch: Expr<'i32'>,
): void {
  const { loads, nested } = nest.program;
  const last = f.let(i32.sub(end, 32));
  const next = nextBlock(f, nest, bunch);
  countLoop(f, i32.const(0), end, 4 * pieceLength, (begin) => {
    const stop = f.let(smaller(plus(begin, 4 * pieceLength), end));
    bunch.forEach(({ at, start, windows }, r) => {
      loads.forEach((load, v) => {
        const to = f.let(plus(scratch, r * scratchOf(nest) + passSpace(nest) + v * pieceBytes));
        copyPiece(f, {
          format: formatOf(load),
          base: at[v]!,
          sizes: nested!.sizes,
          strides: nested!.strides[v]!,
          from: i32.add(start, i32.shr_u(begin, 2)),
          count: i32.shr_u(i32.sub(stop, begin), 2),
          to,
        });
        f.set(windows[v]!, i32.sub(to, begin)); // where the element before all pieces would lie
      });
    });
    f.if(i32.le_s(x, i32.sub(stop, 32)), () => {
      eachEight(f, x, { to: stop, last }, () => foldEight(f, nest, bunch, x), next);
    });
  });
  passAll(f, nest, bunch, scratch);
}

/** What comes between blocks, where there are any. */
function nextBlock(f: FunctionBuilder, nest: FoldNest, bunch: readonly Row[]): (() => void) | undefined {
  const { words, merge } = nest.program;
  if (!isInBlocks(nest)) return undefined;
  return () => {
    betweenBlocks(f, nest, () => {
      for (const row of bunch) putAside(f, words, merge, row);
    });
  };
}

function passAll(f: FunctionBuilder, nest: FoldNest, bunch: readonly Row[], scratch: Expr<'i32'>): void {
  if (passSpace(nest) === 0) return;
  bunch.forEach(({ low, high }, r) => {
    passThrough(f, f.let(plus(scratch, r * scratchOf(nest))), low, high);
  });
}

/** Eight elements of every row from x on. */
function foldEight(f: FunctionBuilder, nest: FoldNest, bunch: readonly Row[], x: Expr<'i32'>): void {
  const { program } = nest;
  for (const { sources, steps, formats, flat, start, low, high } of bunch) {
    const pairs = formats.map((format, v) => readEight(f, format, sources[v]!, steps[v]!, x));
    const index = memoize(() => pairOfIndices(f, position(flat, x)));
    const k = memoize(() => pairOfIndices(f, position(start, x)));
    const elements = [0, 1].map((half) =>
      program.body(
        f,
        pairs.map((pair) => pair[half]!),
        { index: () => index()[half]!, k: () => k()[half]! },
      ),
    );
    step(f, nest, low, elements[0]!);
    step(f, nest, high, elements[1]!);
  }
}

/** `count` elements from the first-th after x on (0 or 4). */
function foldFour(
  f: FunctionBuilder,
  nest: FoldNest,
  { sources, steps, formats, flat, start, low, high }: Row,
  x: Expr<'i32'>,
  first: 0 | 4,
  count: number,
): void {
  const { program } = nest;
  const from = f.let(plus(x, 4 * first));
  const values = formats.map((format, v) => readFour(f, format, sources[v]!, steps[v]!, from, count));
  const ramped = (base: Expr<'i32'>): Expr<'i32x4'> => f.let(ramp(position(base, x), 1, first));
  const element = program.body(f, values, { index: () => ramped(flat), k: () => ramped(start) });
  step(f, nest, first === 0 ? low : high, onlyFirst(program.words, element, count));
}

/** Long folds pass their accumulators through scratch once. */
function passSpace(nest: FoldNest): number {
  return foldLength(nest) >= 64 ? passBytes(nest.program.words) : 0;
}

/** What one output needs while it is folded. */
function scratchOf(nest: FoldNest): number {
  return passSpace(nest) + (nest.program.nested ? nest.program.loads.length * pieceBytes : 0);
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
