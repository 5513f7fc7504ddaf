// A fused elementwise program and the loops that run it over rows × columns. A pass of the loop computes eight elements as two
// chains of vectors on neighbouring addresses, which V8 may join into one chain of 256 bits; or sixteen, where the body shares
// work between them; the remaining columns four at a time. This file does not know how tiles are cut. Invariant: a pass loads
// all elements before it stores any, so a store may overwrite a load that has the same view.

import { type Address, address, type Distance, type Expr, FunctionBuilder, i32, i32x4 } from '@treadle/wasm';
import { plus, ramp } from '../core/arithmetic.ts';
import { collapseDims, denseStrides } from '../core/collapse-dims.ts';
import { asBits, bytesOf, type Format, type Lane, laneOf, type Narrow } from '../core/format.ts';
import type { LaneBody, StoredProgram } from '../core/lane-expression.ts';
import { type ColumnCode, eachColumn } from '../core/loops/columns.ts';
import { type Cursor, eachRow } from '../core/loops/rows.ts';
import { memoize } from '../core/memoize.ts';
import type { Range } from '../core/tile-partition.ts';
import { asksForBlock, indicesOfBlock, pairOfIndices } from './index-block.ts';
import { repairSlowPath } from './slow-path.ts';
import { constantLane, formatOf, readEight, readFour, readSplat, writeEight, writeFour } from './vector-io.ts';

/** A program as loops over `rows` × `columns`. */
export interface Nest {
  readonly body: LaneBody;
  /** of each load */
  readonly formats: readonly Format[];
  /** of each store; undefined for words */
  readonly narrowed: readonly (Narrow | undefined)[];
  readonly rows: readonly number[];
  readonly columns: number;
  /** of each load, each store and the flat index: a stride for each dimension of `rows`, then the stride of columns, in elements */
  readonly strides: readonly (readonly number[])[];
}

/** Collapses dimensions. `fixed`: how many of the last dimensions are kept (2 where the caller chooses rows and columns). */
export function nestOf({ shape, loads, stores, body }: StoredProgram, fixed: 0 | 2 = 0): Nest {
  const views = [...loads.map(({ operand }) => operand), ...stores].map(({ view }) => view.strides);
  const all = [...views, denseStrides(shape)];
  const outer = collapseDims(
    shape.slice(0, shape.length - fixed),
    all.map((strides) => strides.slice(0, shape.length - fixed)),
  );
  const sizes = [...outer.shape, ...shape.slice(shape.length - fixed)];
  const strides = outer.strides.map((kept, v) => [...kept, ...all[v]!.slice(shape.length - fixed)]);
  const elements = elementsOf({ body, loads, stores });
  if (sizes.length === 0) return { ...elements, rows: [], columns: 1, strides: all.map(() => [1]) };
  return { ...elements, rows: sizes.slice(0, -1), columns: sizes.at(-1) ?? 1, strides };
}

/** The formats of loads and stores. A program that only moves narrow elements moves their bits unchanged. */
export function elementsOf({
  body,
  loads,
  stores,
}: Pick<StoredProgram, 'body' | 'loads' | 'stores'>): Pick<Nest, 'body' | 'formats' | 'narrowed'> {
  const [[from], [to]] = [loads.map(formatOf), stores.map(({ narrow }) => narrow)];
  const bits = asBits(to);
  if (bits && from === to && loads.length === 1 && stores.length === 1 && isMove(body)) {
    return { body, formats: [bits], narrowed: [bits] };
  }
  return { body, formats: loads.map(formatOf), narrowed: stores.map(({ narrow }) => narrow) };
}

/** Whether the body returns its only load unchanged. The code is emitted into a function that is thrown away. */
export function isMove(body: LaneBody): boolean {
  const value = i32x4.const(0);
  return body(new FunctionBuilder([], 'void'), [value], () => value)[0] === value;
}

/**
 * Emits the loops over a range. `bases`: the addresses of element (0, 0, …) of each load and each store. `isAligned`: whether
 * columns begin and end where those of tiles do (see columns.ts).
 */
export function emitNest(
  f: FunctionBuilder,
  nest: Nest,
  bases: readonly Address[],
  { row0, row1, col0, col1 }: Range,
  isAligned: boolean,
): void {
  const bytes = [...nest.formats, ...nest.narrowed].map(bytesOf);
  const operands = bases.map(
    (base, v): Cursor => ({ base, strides: nest.strides[v]!.slice(0, -1).map((stride) => bytes[v]! * stride) }),
  );
  const flat: Cursor<'i32'> = { base: i32.const(0), strides: nest.strides.at(-1)!.slice(0, -1) };
  const constants = nest.formats.map((format, v) => {
    const isConstant = nest.strides[v]!.every((stride) => stride === 0);
    return isConstant ? readSplat(f, format, bases[v]!) : undefined;
  });
  const inBlocks = isAligned && flat.strides.every((step) => step % 16 === 0) && usesIndexBlocks(nest);
  const emitRow = (at: readonly Address[], [position]: readonly Expr<'i32'>[]): void => {
    const { sixteen, ...code } = rowCode(f, nest, at, position!, constants);
    eachColumn(f, { col0, col1, columns: nest.columns, isAligned }, inBlocks ? { sixteen, ...code } : code);
  };
  eachRow(f, { shape: nest.rows, from: row0, to: row1 }, operands, emitRow, [flat]);
}

/** Whether the body shares work within index blocks. The code is emitted into a function that is thrown away. */
function usesIndexBlocks({ body, formats }: Nest): boolean {
  const values = formats.map((format) => constantLane(laneOf(format), 0));
  return asksForBlock((index) => body(new FunctionBuilder([], 'void'), values, () => index));
}

/** The code for one row of a nest. Values that are the same in all columns are read once, before the columns. */
function rowCode(
  f: FunctionBuilder,
  { formats, narrowed, strides, body }: Nest,
  at: readonly Address[],
  flat: Expr<'i32'>,
  constants: readonly (Expr<Lane> | undefined)[],
): Required<ColumnCode> {
  const operands = at.map((row, v) => ({ row, stride: strides[v]!.at(-1)! }));
  const stores = operands.slice(formats.length).map((operand, s) => ({ ...operand, narrow: narrowed[s] }));
  const loads = formats.map((format, v) => {
    const { row, stride } = operands[v]!;
    const value = constants[v] ?? (stride === 0 ? readSplat(f, format, row) : undefined);
    return { format, row, stride, value };
  });
  const apply = (values: readonly Expr<Lane>[], index: () => Expr<'i32x4'>): Expr<Lane>[] =>
    body(f, values, index).map((result) => f.let(result));
  const positionAt = (x: Distance): Expr<'i32'> => i32.add(flat, address.index(x, 2));
  const several = (x: Distance, count: 8 | 16, indices: () => readonly Expr<'i32x4'>[]): void => {
    const index = memoize(indices);
    const eights = Array.from({ length: count / 8 }, (_, eight) => (eight === 0 ? x : f.let(plus(x, 32 * eight))));
    const pairs = eights.map((at) =>
      loads.map(({ format, row, stride, value }) =>
        value ? ([value, value] as const) : readEight(f, format, row, stride, at),
      ),
    );
    repairSlowPath(f, () => {
      const results = Array.from({ length: count / 4 }, (_, q) =>
        apply(
          pairs[q >> 1]!.map((pair) => pair[q & 1]!),
          () => index()[q]!,
        ),
      );
      eights.forEach((at, eight) => {
        stores.forEach(({ row, stride, narrow }, s) => {
          writeEight(f, row, stride, at, [results[2 * eight]![s]!, results[2 * eight + 1]![s]!], narrow);
        });
      });
    });
  };
  return {
    sixteen: (x) => several(x, 16, () => indicesOfBlock(f, positionAt(x))),
    eight: (x) => several(x, 8, () => pairOfIndices(f, positionAt(x))),
    four: (x, count) => {
      const values = loads.map(({ format, row, stride, value }) => value ?? readFour(f, format, row, stride, x, count));
      const index = memoize(() => f.let(ramp(positionAt(x), 1)));
      const results = apply(values, index);
      stores.forEach(({ row, stride, narrow }, s) => {
        writeFour(f, row, stride, x, results[s]!, count, narrow);
      });
    },
  };
}
