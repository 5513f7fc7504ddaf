// Updates of variables of which only some rows have a gradient, as tables have of which rows were looked up: the other rows are
// neither read nor written.

import { type RowGradients, setRows, type Tensor, takeRows } from '@treadle/tensor';
import type { Move, Update } from './optimizer.ts';

/** The rows of a list move, the others stay. With `isLazy`, rows stay as well whose gradient is 0. */
export function moveRows(
  move: Move,
  x: Tensor,
  gradients: RowGradients,
  state: readonly Tensor[],
  isLazy: boolean,
): Update {
  const { sums, firsts } = gradients;
  const rowsOf = (table: Tensor): Tensor => takeRows(table, gradients);
  const moved = move(rowsOf(x), sums, state.map(rowsOf));
  const list = isLazy ? { ...gradients, firsts: hasGradient(sums).reshape(firsts.shape).where(firsts, -1) } : gradients;
  return {
    x: setRows(x, list, moved.x),
    state: moved.state.map((rows, i) => setRows(state[i] ?? x, list, rows)),
  };
}

/** The same by a gradient of all rows: those stay whose gradient is 0. */
export function moveLazily(move: Move, x: Tensor, gradient: Tensor, state: readonly Tensor[]): Update {
  const moved = move(x, gradient, state);
  const isMoved = hasGradient(gradient);
  return {
    x: isMoved.where(moved.x, x),
    state: moved.state.map((after, i) => isMoved.where(after, state[i] ?? after)),
  };
}

/** Whether any element of a row is not 0: [n, …] → [n, 1, …]. */
function hasGradient(gradient: Tensor): Tensor {
  const inner = gradient.shape.slice(1).map((_, i) => i + 1);
  const isNonzero = gradient.notEqual(0);
  return inner.length > 0 ? isNonzero.any(inner, { keepDims: true }) : isNonzero;
}
