// Updates of variables for sparse gradients: only some rows have a gradient, as in a table of which some rows were looked up. The other
// rows are neither read nor written.

import { type RowGradients, setRows, type Tensor, takeRows } from '@treadle/tensor';
import type { Move, Update } from './update-rule.ts';

/** Moves the rows of a list; the others stay. With `skipsZeroRows`, rows whose gradient is 0 stay too. */
export function updateRows(
  move: Move,
  x: Tensor,
  gradients: RowGradients,
  state: readonly Tensor[],
  skipsZeroRows: boolean,
): Update {
  const { sums, firsts } = gradients;
  const rowsOf = (table: Tensor): Tensor => takeRows(table, gradients);
  const moved = move(rowsOf(x), sums, state.map(rowsOf));
  const list = skipsZeroRows
    ? { ...gradients, firsts: hasGradient(sums).reshape(firsts.shape).where(firsts, -1) }
    : gradients;
  return {
    x: setRows(x, list, moved.x),
    state: moved.state.map((rows, i) => setRows(state[i] ?? x, list, rows)),
  };
}

/** Moves all rows by a dense gradient; rows whose gradient is 0 stay. */
export function updateNonzeroRows(move: Move, x: Tensor, gradient: Tensor, state: readonly Tensor[]): Update {
  const moved = move(x, gradient, state);
  const isMoved = hasGradient(gradient);
  return {
    x: isMoved.where(moved.x, x),
    state: moved.state.map((after, i) => isMoved.where(after, state[i] ?? after)),
  };
}

/** Whether any element of a row is not 0: bool [n, 1, …] of a gradient [n, …]. */
function hasGradient(gradient: Tensor): Tensor {
  const inner = gradient.shape.slice(1).map((_, i) => i + 1);
  const isNonzero = gradient.notEqual(0);
  return inner.length > 0 ? isNonzero.any(inner, { keepDims: true }) : isNonzero;
}
