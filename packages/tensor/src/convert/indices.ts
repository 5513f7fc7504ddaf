// Indices as users give them.

import { StoredValue } from '@treadle/compiler';
import { DtypeError, type Node, sourceNode } from '@treadle/graph';

/** Plain arrays of whole numbers come as float32: they are taken as the integers they are. */
export function asIndices(given: Node): Node {
  if (given.dtype === 'int32' || given.dtype === 'uint8') return given;
  const { source } = given;
  if (given.dtype === 'float32' && source?.kind === 'stored' && source.storage instanceof StoredValue) {
    const values = source.storage.read();
    if (values.every(Number.isInteger)) {
      const integers = Int32Array.from(values, (x) => Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, x)));
      const storage = StoredValue.of(integers, 'int32');
      return sourceNode({ kind: 'stored', storage }, given.shape, 'int32');
    }
  }
  throw new DtypeError(`gather: indices must be int32; got ${given.dtype}`);
}
