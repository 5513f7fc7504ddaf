// Indices that users give: counted from the end where negative, and checked where they can be read without computing.

import { StoredValue } from '@treadle/compiler';
import { DtypeError, type Node, normalizeAxis, ops, showShape } from '@treadle/graph';

/** The indices from the front. RangeError names the first one that does not exist; those still to be computed are not read. */
export function checkIndices(x: Node, given: Node, axis: number): Node {
  const extent = x.shape[normalizeAxis('gather', axis, x.shape.length)] ?? 1;
  const indices = asIntegers(given);
  const { source } = given;
  if (source?.kind === 'stored' && source.storage instanceof StoredValue) {
    const wrong = source.storage.read().find((index) => index < -extent || index >= extent);
    if (wrong !== undefined) {
      throw new RangeError(
        `gather: indices must be at least ${-extent} and less than ${extent}; got ${wrong} for ${showShape(x.shape)}, axis ${axis}`,
      );
    }
  }
  return ops.where(ops.less(indices, 0), ops.add(indices, extent), indices);
}

/** Plain arrays of whole numbers come as float32: they are taken as the integers they are. */
function asIntegers(given: Node): Node {
  if (given.dtype === 'int32') return given;
  const { source } = given;
  const isWhole =
    source?.kind === 'stored' && source.storage instanceof StoredValue && source.storage.read().every(Number.isInteger);
  if (given.dtype === 'float32' && isWhole) return ops.cast(given, 'int32');
  throw new DtypeError(`gather: indices must be int32; got ${given.dtype}`);
}
