// Functions of two operands that broadcast.

import type { Node } from '@treadle/graph';
import type { TensorLike } from '../operand.ts';
import { Tensor } from '../tensor.ts';

/** A function of two tensors, or numbers, that broadcast to one shape: equal extents or 1 axis by axis, from the last one. */
type Binary = (a: TensorLike, b: TensorLike) => Tensor;

/** The function called `op` that reads its operands with `read`. It throws TypeError unless there are two operands. */
export function binary<T>(op: string, read: (x: TensorLike) => T, apply: (a: T, b: T) => Node): Binary {
  return (a: TensorLike, b: TensorLike, ...more: readonly unknown[]) => {
    if (b === undefined) {
      const got = a === undefined ? 'none' : 'one';
      throw new TypeError(
        `${op}: there must be two operands; got ${got}; merging layers, such as layers.add(), are in layers`,
      );
    }
    if (more.length > 0 && !isFromReduce(more)) {
      throw new TypeError(
        `${op}: there must be two operands; got ${more.length + 2}; ${op}(${op}(a, b), c) takes a third`,
      );
    }
    return new Tensor(apply(read(a), read(b)));
  };
}

/** Whether these are an index and an array, which tensors.reduce(add) passes after the two operands. */
function isFromReduce([index, array, ...more]: readonly unknown[]): boolean {
  return typeof index === 'number' && Array.isArray(array) && more.length === 0;
}
