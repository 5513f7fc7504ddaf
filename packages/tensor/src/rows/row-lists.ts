// The gradient of a table (such as an embedding) as a list of the rows that were looked up, for optimizers. Work on a list takes time
// in proportion to its length, not to the size of the table.

import { rowGradients as rowGradientsOf, setRows as setRowsOf, takeRows as takeRowsOf } from '@treadle/graph';
import { Tensor } from '../tensor.ts';

/** Rows of a table; a row may be listed several times. */
export interface RowList {
  /** int32 [k] */
  readonly indices: Tensor;
  /** int32 [k]: the position in the list where the same row is listed for the first time; −1 for an entry to ignore */
  readonly firsts: Tensor;
}

/** Rows of a table and their gradients; the gradient of all other rows is 0. */
export interface RowGradients extends RowList {
  /** [k, …]: the same bits as in the dense gradient; zeros where a row is listed again */
  readonly sums: Tensor;
}

/** The rows of a gradient [n, …] that is the sum of scattered rows, as that of a look-up is; undefined for any other gradient. */
export function rowGradients(gradient: Tensor): RowGradients | undefined {
  const found = rowGradientsOf(gradient.node);
  if (!found) return undefined;
  return {
    indices: new Tensor(found.indices),
    firsts: new Tensor(found.firsts),
    sums: new Tensor(found.sums),
  };
}

/** The listed rows of a table [n, …]: [k, …]. */
export function takeRows(table: Tensor, list: RowList): Tensor {
  return new Tensor(takeRowsOf(table.node, nodesOf(list)));
}

/** The table with rows [k, …] in place of the listed ones. Assigned to the table's variable, only these rows are written. */
export function setRows(table: Tensor, list: RowList, rows: Tensor): Tensor {
  return new Tensor(setRowsOf(table.node, nodesOf(list), rows.node));
}

function nodesOf({ indices, firsts }: RowList) {
  return { indices: indices.node, firsts: firsts.node };
}
