// Rows of a table by number, for layers such as embedding.

import { ops } from '@treadle/graph';
import { Tensor } from '../tensor.ts';

/**
 * The rows of a table [n, …] with these numbers [i, j, …], 0 … n − 1: [i, j, …, …]. Floats are rounded towards zero. Throws
 * RangeError, which names `op`, for a number that does not exist: at once where it is known, otherwise when the plan runs, which
 * then assigns nothing.
 */
export function lookUp(op: string, table: Tensor, numbers: Tensor): Tensor {
  const { node } = numbers;
  return new Tensor(ops.gather(table.node, node.dtype === 'bool' ? ops.cast(node, 'int32') : node, 0, { lookUp: op }));
}
