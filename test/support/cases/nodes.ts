// Converts reference arrays to nodes, and back.

import type { Dtype, Node } from '@treadle/graph';
import { Tensor, tensor } from '@treadle/tensor';
import { type NdArray, nd, type Shape, sizeOf } from '../reference.ts';

export function nodeFor({ shape, dtype, data }: NdArray): Node {
  return tensor(dtype === 'bool' ? data.map((x) => x !== 0) : data.slice(), { shape, dtype }).node;
}

/** A node with some values, for calls that must throw. */
export function node(shape: Shape, dtype: Dtype = 'float32'): Node {
  return nodeFor(nd(shape, new Array<number>(sizeOf(shape)).fill(1), dtype));
}

export function valueOf(node: Node): NdArray {
  const t = new Tensor(node);
  return { shape: t.shape, dtype: t.dtype, data: Array.from(t.data()) };
}
