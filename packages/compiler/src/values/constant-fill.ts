// Values that are one number throughout: a number seen through moves, as zeros, ones and full are. They need no plan.

import { dtypes, type Node, sizeOf } from '@treadle/graph';
import { StoredValue } from './storage.ts';

/** What all elements of such a node are; undefined for any other. */
export function filledNumber(node: Node): number | undefined {
  let from = node;
  while (!from.source && from.op?.kind === 'move' && from.inputs[0]) from = from.inputs[0];
  const { source } = from;
  return source?.kind === 'number' || source?.kind === 'constant' ? source.value : undefined;
}

/** The value of such a node; undefined for any other. */
export function filledValue(node: Node): StoredValue | undefined {
  const number = filledNumber(node);
  if (number === undefined) return undefined;
  const values = dtypes[node.dtype].newArray(sizeOf(node.shape));
  return StoredValue.of(Object.is(number, 0) ? values : values.fill(number), node.dtype);
}
