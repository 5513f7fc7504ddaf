// Elements as they are stored, for files: a tensor made of an array without a copy, and the elements of a tensor part by part, so
// that a large tensor is never in memory twice. float16 are bits in a Uint16Array; bool are 0 and 1 in a Uint8Array.

import { readAsync, StoredValue, valueOf } from '@treadle/compiler';
import {
  byteLength,
  checkShape,
  type Dtype,
  dtypes,
  release,
  retain,
  type Shape,
  ShapeError,
  type StoredArray,
  showShape,
  sizeOf,
  sourceNode,
} from '@treadle/graph';
import { Tensor } from '../tensor.ts';

/** An array for so many stored elements of a dtype, all 0. */
export function newStoredArray(dtype: Dtype, length: number): StoredArray {
  return dtypes[dtype].newArray(length);
}

/**
 * A tensor of stored elements. It takes over the array, which must not be written any more.
 *
 *
 * @throws ShapeError for another number of elements.
 */
export function tensorOfStored(values: StoredArray, shape: Shape, dtype: Dtype): Tensor {
  checkShape('tensor', shape);
  if (sizeOf(shape) !== values.length) {
    throw new ShapeError(`tensor: the shape must hold all values; got ${values.length} values for ${showShape(shape)}`);
  }
  return new Tensor(sourceNode({ kind: 'stored', storage: StoredValue.of(values, dtype) }, [...shape], dtype));
}

/** The elements of a tensor at the time when they were opened. Assignments and `dispose` change nothing until they are closed. */
export interface OpenElements {
  readonly shape: Shape;
  readonly dtype: Dtype;
  /** all of them, in bytes */
  readonly byteLength: number;
  /** Fills an array with the elements from `first` on. They are computed before, if they are not known. */
  read(first: number, to: StoredArray): Promise<void>;
  /** Ends reading. */
  close(): void;
}

/** Opens the elements of a tensor for reading in parts. A variable is copied only if it is assigned before they are closed. */
export function openElements(x: Tensor): OpenElements {
  const { node } = x;
  const { shape, dtype } = node;
  retain(node);
  return {
    shape,
    dtype,
    byteLength: byteLength(dtype, shape),
    read: async (first, to) => {
      if (!node.source) await readAsync(node); // computes it
      await valueOf(node).readPart(first, to);
    },
    close: () => release(node),
  };
}
