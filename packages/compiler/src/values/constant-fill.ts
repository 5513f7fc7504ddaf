// Constant fills: nodes all of whose elements are one number, such as zeros and ones. They are a number seen through moves, and need no
// plan.

import { dtypes, type Node, sizeOf } from '@treadle/graph';
import { StoredValue } from './stored-value.ts';

/** The number that all elements of a constant fill are; undefined for any other node. */
export function filledNumber(node: Node): number | undefined {
  let from = node;
  while (!from.source && from.op?.kind === 'move' && from.inputs[0]) from = from.inputs[0];
  const { source } = from;
  return source?.kind === 'number' || source?.kind === 'constant' ? source.value : undefined;
}

/** The value of a constant fill; undefined for any other node. */
export function filledValue(node: Node): StoredValue | undefined {
  const number = filledNumber(node);
  if (number === undefined) return undefined;
  const values = dtypes[node.dtype].newArray(sizeOf(node.shape));
  return StoredValue.of(Object.is(number, 0) ? values : values.fill(number), node.dtype);
}
