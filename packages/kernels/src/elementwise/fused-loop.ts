// A fused elementwise program and the loops that run it over rows × columns: eight elements a round as two chains on
// neighbouring addresses (which V8 may join into one of 256 bits), sixteen where the body has use for that, the rest four at a time.
// All loads of a round come before its stores, so a store may take the place of a load that has the same view.

import { type Address, address, type Distance, type Expr, FunctionBuilder, i32, v128 } from '@treadle/wasm';
import { plus, ramp } from '../core/arithmetic.ts';
import { collapseDims, denseStrides } from '../core/collapse-dims.ts';
import type { Lane, LaneBody, StoredProgram } from '../core/lane-expression.ts';
import { type ColumnCode, eachColumn } from '../core/loops/columns.ts';
import { type Cursor, eachRow } from '../core/loops/rows.ts';
import { memoize } from '../core/memoize.ts';
import type { Range } from '../core/tile-partition.ts';
import { asksForQuarter, indicesOfRound, pairOfIndices } from './index-block.ts';
import { repairSlowPath } from './slow-path.ts';
import { constantLane, readEight, readFour, writeEight, writeFour } from './vector-io.ts';

/** A program as loops: what is walked is `rows` × `columns`. */
export interface Nest {
  readonly body: LaneBody;
  readonly types: readonly Lane[];
  readonly rows: readonly number[];
  readonly columns: number;
  /** of each load, then of each store, then of the flat index: a stride for each dimension of `rows`, then that of columns */
  readonly strides: readonly (readonly number[])[];
}

/** `fixed`: how many of the last dimensions stay as they are (0, or 2 where somebody else says which rows and columns). */
export function nestOf({ shape, loads, stores, body }: StoredProgram, fixed: 0 | 2 = 0): Nest {
  const views = [...loads.map(({ operand }) => operand), ...stores].map(({ view }) => view.strides);
  const all = [...views, denseStrides(shape)];
  const outer = collapseDims(
    shape.slice(0, shape.length - fixed),
    all.map((strides) => strides.slice(0, shape.length - fixed)),
  );
  const sizes = [...outer.shape, ...shape.slice(shape.length - fixed)];
  const strides = outer.strides.map((kept, v) => [...kept, ...all[v]!.slice(shape.length - fixed)]);
  const types = loads.map(({ type }) => type);
  if (sizes.length === 0) return { body, types, rows: [], columns: 1, strides: all.map(() => [1]) };
  return { body, types, rows: sizes.slice(0, -1), columns: sizes.at(-1) ?? 1, strides };
}

/**
 * Emits the loops over a range. `bases`: the addresses of element (0, 0, …) of each load and each store. `isAligned`: whether
 * columns begin and end as those of tiles do (see columns.ts).
 */
export function emitNest(
  f: FunctionBuilder,
  nest: Nest,
  bases: readonly Address[],
  { row0, row1, col0, col1 }: Range,
  isAligned: boolean,
): void {
  const operands = bases.map(
    (base, v): Cursor => ({ base, steps: nest.strides[v]!.slice(0, -1).map((stride) => 4 * stride) }),
  );
  const flat: Cursor<'i32'> = { base: i32.const(0), steps: nest.strides.at(-1)!.slice(0, -1) };
  const constants = nest.types.map((type, v) => {
    const isConstant = nest.strides[v]!.every((stride) => stride === 0);
    return isConstant ? f.let(v128.load32_splat(type, bases[v]!)) : undefined;
  });
  const inRounds = isAligned && flat.steps.every((step) => step % 16 === 0) && takesRounds(nest);
  const emitRow = (at: readonly Address[], [position]: readonly Expr<'i32'>[]): void => {
    const { sixteen, ...code } = rowCode(f, nest, at, position!, constants);
    eachColumn(f, { col0, col1, columns: nest.columns, isAligned }, inRounds ? { sixteen, ...code } : code);
  };
  eachRow(f, { shape: nest.rows, from: row0, to: row1 }, operands, emitRow, [flat]);
}

/** Whether the body has use for rounds of sixteen: tried on a function that nobody will call. */
function takesRounds({ body, types }: Nest): boolean {
  const values = types.map((type) => constantLane(type, 0));
  return asksForQuarter((index) => body(new FunctionBuilder([], 'void'), values, () => index));
}

/** The code for one row of a nest; what is the same in all its columns is read once, here. */
function rowCode(
  f: FunctionBuilder,
  { types, strides, body }: Nest,
  at: readonly Address[],
  flat: Expr<'i32'>,
  constants: readonly (Expr<Lane> | undefined)[],
): Required<ColumnCode> {
  const operands = at.map((row, v) => ({ row, stride: strides[v]!.at(-1)! }));
  const stores = operands.slice(types.length);
  const loads = types.map((type, v) => {
    const { row, stride } = operands[v]!;
    const value = constants[v] ?? (stride === 0 ? f.let(v128.load32_splat(type, row)) : undefined);
    return { type, row, stride, value };
  });
  const apply = (values: readonly Expr<Lane>[], index: () => Expr<'i32x4'>): Expr<Lane>[] =>
    body(f, values, index).map((result) => f.let(result));
  const positionAt = (x: Distance): Expr<'i32'> => i32.add(flat, address.index(x, 2));
  const several = (x: Distance, count: 8 | 16, indices: () => readonly Expr<'i32x4'>[]): void => {
    const index = memoize(indices);
    const eights = Array.from({ length: count / 8 }, (_, eight) => (eight === 0 ? x : f.let(plus(x, 32 * eight))));
    const pairs = eights.map((at) =>
      loads.map(({ type, row, stride, value }) =>
        value ? ([value, value] as const) : readEight(f, type, row, stride, at),
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
        stores.forEach(({ row, stride }, s) => {
          writeEight(f, row, stride, at, [results[2 * eight]![s]!, results[2 * eight + 1]![s]!]);
        });
      });
    });
  };
  return {
    sixteen: (x) => several(x, 16, () => indicesOfRound(f, positionAt(x))),
    eight: (x) => several(x, 8, () => pairOfIndices(f, positionAt(x))),
    four: (x, count) => {
      const values = loads.map(({ type, row, stride, value }) => value ?? readFour(f, type, row, stride, x, count));
      const index = memoize(() => f.let(ramp(positionAt(x), 1)));
      const results = apply(values, index);
      stores.forEach(({ row, stride }, s) => {
        writeFour(f, row, stride, x, results[s]!, count);
      });
    },
  };
}
