// Walking rows: the outer loops around every kernel here. A cursor is a quantity that is linear in the indices of a row, such as
// an address or a row-major position. The indices of a row are found by division once for a run of rows; additions do the rest.

import { type Address, address, type Expr, type FunctionBuilder, type Integer, i32, integer } from '@treadle/wasm';
import { smaller, times } from '../arithmetic.ts';

/** base + Σ strides[d] · index d */
export interface Cursor<T extends Integer = Address['type']> {
  readonly base: Expr<T>;
  /** what one step along each dimension adds: bytes for an address */
  readonly strides: readonly number[];
}

/** Rows [from, to) in row-major order; `to` > `from`. */
export interface Rows {
  readonly shape: readonly number[];
  readonly from: Expr<'i32'>;
  readonly to: Expr<'i32'>;
}

/**
 * Calls `body` once, as the inside of a loop over rows, with the values of the cursors in that row: addresses, then positions.
 */
export function eachRow(
  f: FunctionBuilder,
  { shape, from, to }: Rows,
  addresses: readonly Cursor[],
  body: (addresses: readonly Address[], positions: readonly Expr<'i32'>[]) => void,
  positions: readonly Cursor<'i32'>[] = [],
): void {
  if (shape.length === 0) {
    body(
      addresses.map(({ base }) => base),
      positions.map(({ base }) => base),
    );
    return;
  }
  const inner = shape.length - 1;
  const walked = [
    addresses.map((cursor) => moving(f, cursor, address.times)),
    positions.map((cursor) => moving(f, cursor, times)),
  ] as const;
  const all = walked.flat();
  const run = (count: Expr<'i32'>): void => {
    const left = f.let(count);
    f.loop((again) => {
      body(
        walked[0].map(({ value }) => value),
        walked[1].map(({ value }) => value),
      );
      for (const { advance } of all) advance(inner);
      f.increment(left, -1);
      f.brIf(again, left);
    });
  };
  if (shape.length === 1) {
    for (const { start } of all) start([from]);
    run(i32.sub(to, from));
    return;
  }
  const row = f.let(from);
  f.loop((again) => {
    const indices = unflatten(f, row, shape);
    for (const { start } of all) start(indices);
    const count = f.let(smaller(i32.sub(shape[inner] ?? 1, indices[inner] ?? row), i32.sub(to, row)));
    run(count);
    f.increment(row, count);
    f.brIf(again, i32.lt_s(row, to));
  });
}

/** A cursor in a loop: its value in the current row, and the code that moves it. */
interface Moving<T extends Integer> {
  readonly value: Expr<T>;
  start(indices: readonly Expr<'i32'>[]): void;
  advance(dimension: number): void;
}

function moving<T extends Integer>(
  f: FunctionBuilder,
  { base, strides }: Cursor<T>,
  scale: (index: Expr<'i32'>, step: number) => Expr<T>,
): Moving<T> {
  if (strides.every((step) => step === 0)) return { value: base, start: () => {}, advance: () => {} };
  const value = f.local(base.type);
  return {
    value,
    start: (indices) => {
      const terms = indices.flatMap((index, d) => (strides[d] ? [scale(index, strides[d])] : []));
      f.set(
        value,
        terms.reduce((sum, term) => integer.add(sum, term), base),
      );
    },
    advance: (dimension) => {
      if (strides[dimension]) f.increment(value, strides[dimension]);
    },
  };
}

/** The indices of a row-major position; the first size is not needed. */
export function unflatten(f: FunctionBuilder, position: Expr<'i32'>, shape: readonly number[]): Expr<'i32'>[] {
  if (shape.length === 0) return [];
  const indices: Expr<'i32'>[] = [];
  let rest = position;
  for (const size of shape.slice(1).toReversed()) {
    const quotient = f.let(i32.div_u(rest, size));
    indices.unshift(f.let(i32.sub(rest, times(quotient, size))));
    rest = quotient;
  }
  return [rest, ...indices];
}

/** base + Σ indices[d] · strides[d], strides in bytes. */
export function addressAt(base: Address, indices: readonly Expr<'i32'>[], strides: readonly number[]): Address {
  return indices.reduce(
    (sum, index, d) => (strides[d] ? address.add(sum, address.times(index, strides[d])) : sum),
    base,
  );
}
