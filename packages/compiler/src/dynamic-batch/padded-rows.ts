// Padding: a value with fewer rows than its buffer has room for. If its dynamic axis is not the outermost one, the value consists of
// several blocks of rows. In the buffer each block begins where it would with all rows, and padding follows it; elsewhere the blocks
// follow each other without gaps.

import { byteLength, type Dtype, type Shape, sizeOf } from '@treadle/graph';
import { memory } from '@treadle/runtime';

/** A buffer for padded blocks: how many, and the bytes of each with its padding. */
export interface PaddedRows {
  readonly count: number;
  readonly bytes: number;
}

/** The blocks of a value of this shape and dtype whose dynamic axis is `axis`. */
export function paddedRowsOf(shape: Shape, dtype: Dtype, axis: number): PaddedRows {
  return { count: sizeOf(shape.slice(0, axis)), bytes: byteLength(dtype, shape.slice(axis)) };
}

/** Copies blocks of `used` bytes, adjacent from address `from` on, to where they begin in the padded buffer at address `to`. */
export function padRows({ count, bytes }: PaddedRows, used: number, from: number, to: number): void {
  // Last to first, because source and target may overlap.
  for (let i = count - 1; i >= 0; i--) {
    if (from + i * used !== to + i * bytes)
      memory.u8.copyWithin(to + i * bytes, from + i * used, from + (i + 1) * used);
  }
}

/** Removes the padding behind blocks of `used` bytes: makes them adjacent, in place. */
export function packRows({ count, bytes }: PaddedRows, used: number, at: number): void {
  for (let i = 1; i < count; i++) memory.u8.copyWithin(at + i * used, at + i * bytes, at + i * bytes + used);
}
