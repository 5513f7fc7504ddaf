// What packages above compute in plain JavaScript from the values of tensors, also where the thread must not block for these values.

import { StoredValue, valueOf, whenKnown as whenNodesKnown } from '@treadle/compiler';
import { type Node, type Shape, type StoredArray, sizeOf, sourceNode } from '@treadle/graph';
import { host } from '@treadle/runtime';
import { isPlainObject } from './map-tensors.ts';
import { Tensor } from './tensor.ts';

/** A tensor of this shape and the dtype of `from`. `compute` is given the stored elements of `from`, which it may keep, when they are known. */
export function derived(from: Tensor, shape: Shape, compute: (values: StoredArray) => StoredArray): Tensor {
  const storage = StoredValue.derived(valueOf(from.node), sizeOf(shape), from.dtype, compute);
  return new Tensor(sourceNode({ kind: 'stored', storage }, shape, from.dtype));
}

/** The only element of a tensor: at once where the thread may block for it. */
export function itemSoon(t: Tensor): number | Promise<number> {
  return host.canWait ? t.item() : t.read().then(([item = 0]) => item);
}

/**
 * Resolves when the tensors in arrays and plain objects can be read at once; undefined where they can be now, because the thread may
 * block for them.
 */
export function whenKnown(x: unknown): Promise<void> | undefined {
  return host.canWait ? undefined : whenNodesKnown([...nodesIn(x)]);
}

function* nodesIn(x: unknown): Generator<Node> {
  if (x instanceof Tensor) yield x.node;
  else if (Array.isArray(x) && typeof x[0] !== 'number') for (const inner of x) yield* nodesIn(inner);
  else if (isPlainObject(x)) for (const inner of Object.values(x)) yield* nodesIn(inner);
}
