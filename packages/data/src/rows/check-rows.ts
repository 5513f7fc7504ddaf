// Checks on rows before they are split, shuffled or batched. `op` is the name of the function that the user called;
// error messages begin with it.

import { ShapeError, show, showShape } from '@treadle/tensor';

interface Shaped {
  readonly shape: readonly number[];
}

/** The number of rows of x and y. Throws ShapeError when the numbers differ, RangeError when there are no rows. */
export function commonRows(op: string, x: Shaped, y: Shaped): number {
  const rows = rowsOf(op, 'x', x);
  const targets = rowsOf(op, 'y', y);
  if (rows !== targets) {
    throw new ShapeError(`${op}: x and y must have the same number of rows; got ${rows} and ${targets}`);
  }
  return checkRowCount(op, rows);
}

function rowsOf(op: string, name: string, { shape }: Shaped): number {
  const rows = shape[0];
  if (rows === undefined) throw new ShapeError(`${op}: ${name} must have rows; got the shape ${showShape(shape)}`);
  return rows;
}

/** Returns `rows`. Throws RangeError unless it is a whole number above 0. */
export function checkRowCount(op: string, rows: number): number {
  if (!Number.isSafeInteger(rows) || rows < 1) {
    throw new RangeError(`${op}: data must have at least one row; got ${show(rows)}`);
  }
  return rows;
}

/** Returns `batchSize`. Throws RangeError unless it is a whole number above 0. */
export function checkBatchSize(op: string, batchSize: number): number {
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
    throw new RangeError(`${op}: batchSize must be a whole number above 0; got ${show(batchSize)}`);
  }
  return batchSize;
}
