// A reduction along its axis: one output, or several neighbouring outputs at a time; the eight accumulators of an output are the
// lanes of two vectors at neighbouring addresses. Best where the elements of an output are neighbours in memory; right in any
// layout.

import {
  type Address,
  type AddressType,
  address,
  addressType,
  type Distance,
  type Expr,
  type FunctionBuilder,
  i32,
  integer,
  type Local,
} from '@treadle/wasm';
import { plus, ramp, smaller } from '../core/arithmetic.ts';
import { sizeOf } from '../core/collapse-dims.ts';
import type { Lane } from '../core/format.ts';
import { bytesOf, type Format } from '../core/format.ts';
import type { Kernel } from '../core/kernel.ts';
import { kernelOverTiles } from '../core/kernel-frame.ts';
import { countLoop } from '../core/loops/count.ts';
import { type Cursor, eachRow } from '../core/loops/rows.ts';
import { memoize } from '../core/memoize.ts';
import { partition, tileElements } from '../core/tile-partition.ts';
import { pairOfIndices } from '../elementwise/index-block.ts';
import { formatOf, readEight, readFour, writeOne } from '../elementwise/vector-io.ts';
import {
  type Accumulators,
  addToTotals,
  addTotals,
  eachEight,
  mergeLanes,
  newAccumulators,
  onlyFirst,
  passBytes,
  passThrough,
} from './accumulators.ts';
import { copyPiece, pieceBytes, pieceLength } from './gather-axes.ts';
import {
  betweenBlocks,
  chunkLength,
  cursorsOf,
  finished,
  inRun,
  isInBlocks,
  lengthFrom,
  type ReduceNest,
  reducedLength,
  workOf,
} from './nest.ts';

/** The kernel that reduces each output along its axis. */
export function reduceAlong(nest: ReduceNest): Kernel {
  const { program, stores } = nest;
  const { name, cost, shape, loads, present } = program;
  const { outputs, distances, count } = inBunches(nest);
  return kernelOverTiles({
    name,
    parts: partition(sizeOf(outputs), 1, tileElements(cost) / (count * reducedLength(nest))),
    cost: sizeOf(shape) * cost,
    work: workOf(nest),
    scratch: count * scratchOf(nest),
    loads: loads.map(({ operand }) => operand),
    stores: stores.map(({ operand }) => operand),
    present: nest.chunks === 1 ? present : undefined,
    emit: (f, table, { row0, row1 }, scratch) => {
      const run = inRun(f, nest, table);
      const { addresses, positions } = cursorsOf(f, nest, table, nest.outputs.length);
      const ofBunches = <C extends Cursor | Cursor<'i32'>>(cursor: C): C => {
        const all = cursor.strides;
        return { ...cursor, strides: all.length === 0 ? all : [...all.slice(0, -1), count * all.at(-1)!] };
      };
      const reduceAll = (first: readonly Address[], [flat, start]: readonly Expr<'i32'>[]): void => {
        const [flatStride, startStride] = distances.slice(first.length);
        const rows = Array.from({ length: count }, (_, r): Output => {
          const at = first.map((base, v) =>
            r === 0 || distances[v] === 0 ? base : f.let(plus(base, r * distances[v]!)),
          );
          const moved = (position: Expr<'i32'>, distance = 0): Expr<'i32'> =>
            r === 0 || distance === 0 ? position : f.let(plus(position, r * distance));
          return { at, flat: moved(flat!, flatStride), start: moved(start!, startStride) };
        });
        reduceBunch(f, run, rows, scratch);
      };
      const range = { shape: outputs, from: row0, to: row1 };
      eachRow(f, range, addresses.map(ofBunches), reduceAll, positions.map(ofBunches));
    },
  });
}

/**
 * The outputs in bunches of neighbours that are reduced side by side, so that no addition waits for the one before. `distances`: from an
 * output to the next, for each address and position. Bunches of one, where an element takes long anyway, or where outputs have
 * different lengths.
 */
function inBunches({ program, stores, outputs, strides, chunks, length }: ReduceNest): {
  outputs: readonly number[];
  distances: readonly number[];
  count: number;
} {
  const last = outputs.at(-1) ?? 1;
  const isOne = program.cost > 0.6 || length < 64 || last % 4 !== 0 || (chunks > 1 && outputs.length === 1);
  if (isOne) return { outputs, distances: [], count: 1 };
  const operands = [...program.loads, ...stores].map(({ operand }) => bytesOf(operand.narrow));
  const distances = strides.map((along, v) => (operands[v] ?? 1) * along.at(-1)!);
  return { outputs: [...outputs.slice(0, -1), last / 4], distances, count: 4 };
}

/** Where an output is. */
interface Output {
  /** the addresses of its loads and stores */
  readonly at: readonly Address[];
  /** the row-major position of its first element */
  readonly flat: Expr<'i32'>;
  /** its first k */
  readonly start: Expr<'i32'>;
}

/** An output that is being reduced. */
interface Row extends Accumulators, Output {
  /** the addresses from which the elements of its loads are read */
  readonly sources: readonly Address[];
  /** the same, where they move from piece to piece; otherwise none */
  readonly moving: readonly Local<AddressType>[];
  /** of each source: elements from one to the next */
  readonly strides: readonly number[];
  readonly formats: readonly Format[];
}

/** Reduces several outputs of the same length side by side. */
function reduceBunch(f: FunctionBuilder, nest: ReduceNest, outputs: readonly Output[], scratch: Address): void {
  const { program, stores, length, chunks } = nest;
  const { loads, words } = program;
  const bunch = outputs.map(
    (output): Row => ({ ...output, ...sourcesOf(f, nest, output.at), ...newAccumulators(f, words, isInBlocks(nest)) }),
  );
  const x = f.let(address.const(0));
  const end = f.let(address.shifted(lengthFrom(f, nest, bunch[0]!.start), 2));
  const walk: Walk = { f, nest, bunch, x, end, scratch };
  const eights = (): void => reduceEights(walk);
  const shortest = length % chunkLength || chunkLength;
  if (program.nested) reducePieces(walk);
  else if (shortest >= 8) eights();
  else if (length >= 8) f.if(integer.ge_s(end, 32), eights);
  const left = length % 8;
  const rest = (): void => {
    for (const row of bunch) {
      reduceFour(f, nest, row, x, 0, Math.min(4, left));
      if (left > 4) reduceFour(f, nest, row, x, 4, left - 4);
    }
  };
  if (left > 0 && chunks > 1) f.if(integer.lt_s(x, end), rest);
  else if (left > 0) rest();
  for (const row of bunch) {
    addTotals(f, program.merge, row);
    const { at, low, high } = row;
    const result = finished(f, program, mergeLanes(f, program.merge, low, high));
    stores.forEach(({ word, operand }, s) => {
      writeOne(f, at[loads.length + s]!, result[word]!, operand.narrow);
    });
  }
}

function sourcesOf(
  f: FunctionBuilder,
  { program, axis }: ReduceNest,
  at: readonly Address[],
): Pick<Row, 'sources' | 'moving' | 'strides' | 'formats'> {
  const { loads, nested } = program;
  if (!nested) return { sources: at, moving: [], strides: axis, formats: loads.map(formatOf) };
  const moving = loads.map(() => f.local(addressType));
  return { sources: moving, moving, strides: moving.map(() => 1), formats: loads.map(({ type }) => type) };
}

/** The position of the element at x. */
function positionAt(base: Expr<'i32'>, x: Distance): Expr<'i32'> {
  return i32.add(base, address.index(x, 2));
}

/** Outputs that are walked side by side: x is the position of the next element, `end` that behind the last. */
interface Walk {
  readonly f: FunctionBuilder;
  readonly nest: ReduceNest;
  readonly bunch: readonly Row[];
  readonly x: Local<AddressType>;
  readonly end: Distance;
  readonly scratch: Address;
}

/** Eight elements of every row at a time while there are eight; there are at first. */
function reduceEights({ f, nest, bunch, x, end, scratch }: Walk): void {
  const last = f.let(address.sub(end, 32));
  eachEight(f, x, { to: end, last }, () => reduceEight(f, nest, bunch, x), nextBlock(f, nest, bunch));
  passAll(f, nest, bunch, scratch);
}

/**
 * The same where several axes are reduced together: pieces of them are first copied to scratch, where their elements are
 * neighbours. The elements left over at the end belong to the last piece.
 */
function reducePieces({ f, nest, bunch, x, end, scratch }: Walk): void {
  const { loads, nested } = nest.program;
  const last = f.let(address.sub(end, 32));
  const next = nextBlock(f, nest, bunch);
  countLoop(f, address.const(0), end, 4 * pieceLength, (begin) => {
    const stop = f.let(smaller(plus(begin, 4 * pieceLength), end));
    bunch.forEach(({ at, start, moving }, r) => {
      loads.forEach((load, v) => {
        const to = f.let(plus(scratch, r * scratchOf(nest) + passSpace(nest) + v * pieceBytes));
        copyPiece(f, {
          format: formatOf(load),
          base: at[v]!,
          sizes: nested!.sizes,
          strides: nested!.strides[v]!,
          from: positionAt(start, begin),
          count: address.index(address.sub(stop, begin), 2),
          to,
        });
        f.set(moving[v]!, address.sub(to, begin)); // where the element before all pieces would lie
      });
    });
    f.if(integer.le_s(x, address.sub(stop, 32)), () => {
      eachEight(f, x, { to: stop, last }, () => reduceEight(f, nest, bunch, x), next);
    });
  });
  passAll(f, nest, bunch, scratch);
}

/** What runs between blocks; undefined where the order has none. */
function nextBlock(f: FunctionBuilder, nest: ReduceNest, bunch: readonly Row[]): (() => void) | undefined {
  const { words, merge } = nest.program;
  if (!isInBlocks(nest)) return undefined;
  return () => {
    betweenBlocks(f, nest, () => {
      for (const row of bunch) addToTotals(f, words, merge, row);
    });
  };
}

function passAll(f: FunctionBuilder, nest: ReduceNest, bunch: readonly Row[], scratch: Address): void {
  if (passSpace(nest) === 0) return;
  bunch.forEach(({ low, high }, r) => {
    passThrough(f, f.let(plus(scratch, r * scratchOf(nest))), low, high);
  });
}

/** Eight elements of every row from x on. */
function reduceEight(f: FunctionBuilder, nest: ReduceNest, bunch: readonly Row[], x: Distance): void {
  const { program } = nest;
  for (const { sources, strides, formats, flat, start, low, high } of bunch) {
    const pairs = formats.map((format, v) => readEight(f, format, sources[v]!, strides[v]!, x));
    const index = memoize(() => pairOfIndices(f, positionAt(flat, x)));
    const k = memoize(() => pairOfIndices(f, positionAt(start, x)));
    const elements = [0, 1].map((half) =>
      program.body(
        f,
        pairs.map((pair) => pair[half]!),
        { index: () => index()[half]!, k: () => k()[half]! },
      ),
    );
    accumulate(f, nest, low, elements[0]!);
    accumulate(f, nest, high, elements[1]!);
  }
}

/** `count` elements from the `first`-th (0 or 4) after x on. */
function reduceFour(
  f: FunctionBuilder,
  nest: ReduceNest,
  { sources, strides, formats, flat, start, low, high }: Row,
  x: Distance,
  first: 0 | 4,
  count: number,
): void {
  const { program } = nest;
  const from = f.let(plus(x, 4 * first));
  const values = formats.map((format, v) => readFour(f, format, sources[v]!, strides[v]!, from, count));
  const ramped = (base: Expr<'i32'>): Expr<'i32x4'> => f.let(ramp(positionAt(base, x), 1, first));
  const element = program.body(f, values, { index: () => ramped(flat), k: () => ramped(start) });
  accumulate(f, nest, first === 0 ? low : high, onlyFirst(program.words, element, count));
}

/** Bytes of scratch that the accumulators of an output pass through, once, where the axis is long. */
function passSpace(nest: ReduceNest): number {
  return reducedLength(nest) >= 64 ? passBytes(nest.program.words) : 0;
}

/** Bytes of scratch that one output needs while it is reduced. */
function scratchOf(nest: ReduceNest): number {
  return passSpace(nest) + (nest.program.nested ? nest.program.loads.length * pieceBytes : 0);
}

function accumulate(
  f: FunctionBuilder,
  { program }: ReduceNest,
  accumulator: readonly Local<Lane>[],
  element: readonly Expr<Lane>[],
): void {
  const next = program.accumulate(f, accumulator, element).map((value) => f.let(value));
  accumulator.forEach((local, w) => {
    f.set(local, next[w]!);
  });
}
