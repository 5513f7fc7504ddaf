// Walking rows: the outer loops around every kernel here. A cursor is a quantity that is linear in the indices of a row (an
// address, a flat index); its indices are found by division once for a run of rows, and additions do the rest.

import { type Expr, type FunctionBuilder, i32 } from '@treadle/wasm';
import { smaller, times } from '../../elementwise/vector-io.ts';

export interface Cursor {
  readonly base: Expr<'i32'>;
  /** what one step along each dimension adds */
  readonly steps: readonly number[];
}

/** Rows [from, to) in row-major order; `to` > `from`. */
export interface Rows {
  readonly shape: readonly number[];
  readonly from: Expr<'i32'>;
  readonly to: Expr<'i32'>;
}

/** Calls `body` once, as the inside of a loop over rows; `at` holds the cursors' values there. */
export function eachRow(
  f: FunctionBuilder,
  { shape, from, to }: Rows,
  cursors: readonly Cursor[],
  body: (at: readonly Expr<'i32'>[]) => void,
): void {
  if (shape.length === 0) {
    body(cursors.map(({ base }) => base));
    return;
  }
  const inner = shape.length - 1;
  const length = shape[inner] ?? 1;
  const walks = cursors.map(({ base, steps }) =>
    steps.some((step) => step !== 0) ? { base, steps, local: f.local('i32') } : undefined,
  );
  const moving = walks.filter((walk) => walk !== undefined);
  const at = cursors.map(({ base }, c) => walks[c]?.local ?? base);
  const place = (indices: readonly Expr<'i32'>[]): void => {
    for (const { base, steps, local } of moving) {
      const terms = indices.flatMap((index, d) => (steps[d] ? [times(index, steps[d])] : []));
      f.set(
        local,
        terms.reduce((sum, term) => i32.add(sum, term), base),
      );
    }
  };
  const run = (count: Expr<'i32'>): void => {
    const left = f.let(count);
    f.loop((again) => {
      body(at);
      for (const { steps, local } of moving) if (steps[inner]) f.increment(local, steps[inner]);
      f.increment(left, -1);
      f.brIf(again, left);
    });
  };
  if (shape.length === 1) {
    place([from]);
    run(i32.sub(to, from));
    return;
  }
  const row = f.let(from);
  f.loop((again) => {
    const indices = unflatten(f, row, shape);
    place(indices);
    const count = f.let(smaller(i32.sub(length, indices[inner] ?? row), i32.sub(to, row)));
    run(count);
    f.increment(row, count);
    f.brIf(again, i32.lt_s(row, to));
  });
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
