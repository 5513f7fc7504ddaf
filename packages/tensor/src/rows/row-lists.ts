// Gradients of tables as lists of rows, for whoever updates tables: what is done with a list costs what its length asks for,
// whatever the size of the table.

import { rowGradients as rowGradientsOf, setRows as setRowsOf, takeRows as takeRowsOf } from '@treadle/graph';
import { Tensor } from '../tensor.ts';

/** Rows of a table, each of which may be named several times. */
export interface RowList {
  /** int32 [k] */
  readonly indices: Tensor;
  /** int32 [k]: where in the list the same row is named for the first time; −1 for what does not count */
  readonly firsts: Tensor;
}

/** Rows of a table, and what the gradient is for each of them; it is 0 for all others. */
export interface RowGradients extends RowList {
  /** [k, …]: the same numbers as in the dense gradient; zeros where the list names a row again */
  readonly sums: Tensor;
}

/** The rows that a gradient [n, …] was added up from, if they are all there is to it, as for a table of which rows were looked up. */
export function rowGradients(gradient: Tensor): RowGradients | undefined {
  const found = rowGradientsOf(gradient.node);
  if (!found) return undefined;
  return {
    indices: new Tensor(found.indices),
    firsts: new Tensor(found.firsts),
    sums: new Tensor(found.sums),
  };
}

/** The rows of a table [n, …] that a list names: [k, …]. */
export function takeRows(table: Tensor, list: RowList): Tensor {
  return new Tensor(takeRowsOf(table.node, nodesOf(list)));
}

/** The table with rows [k, …] in the place of those that the list names. A variable that becomes the result changes in these rows only. */
export function setRows(table: Tensor, list: RowList, rows: Tensor): Tensor {
  return new Tensor(setRowsOf(table.node, nodesOf(list), rows.node));
}

function nodesOf({ indices, firsts }: RowList) {
  return { indices: indices.node, firsts: firsts.node };
}
