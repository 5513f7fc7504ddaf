// What layers look up by number.

import { ops } from '@treadle/graph';
import { Tensor } from '../tensor.ts';

/**
 * Rows of a table [n, …] by their numbers, 0 … n − 1; floats are rounded towards zero. Throws RangeError, which names `op`, for
 * a number that does not exist: at once where it is known, otherwise the run does, and assigns nothing.
 */
export function lookUp(op: string, table: Tensor, numbers: Tensor): Tensor {
  const { node } = numbers;
  return new Tensor(ops.gather(table.node, node.dtype === 'bool' ? ops.cast(node, 'int32') : node, 0, { lookUp: op }));
}
