// What must hold of rows before they are split, shuffled or batched. Each check takes the name of the caller's operation
// as `op`, so the message speaks of what the user called.

import { ShapeError, show } from '@treadle/tensor';
import { showShape } from './plain-array.ts';

interface Shaped {
  readonly shape: readonly number[];
}

/** The number of rows that x and y have in common. Throws ShapeError unless it is the same, RangeError for none. */
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

/** `rows` itself. Throws RangeError unless it is a whole number above 0. */
export function checkRowCount(op: string, rows: number): number {
  if (!Number.isSafeInteger(rows) || rows < 1) {
    throw new RangeError(`${op}: data must have at least one row; got ${show(rows)}`);
  }
  return rows;
}

/** `batchSize` itself. Throws RangeError unless it is a whole number above 0. */
export function checkBatchSize(op: string, batchSize: number): number {
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
    throw new RangeError(`${op}: batchSize must be a whole number above 0; got ${show(batchSize)}`);
  }
  return batchSize;
}
