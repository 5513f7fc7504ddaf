// Padding: a value with fewer rows than its buffer has room for. If its dynamic axis is not the outermost one, the value consists of
// several blocks of rows. In the buffer each block begins where it would with all rows, and padding follows it; elsewhere the blocks
// follow each other without gaps.

import { type Shape, sizeOf } from '@treadle/graph';
import { memory } from '@treadle/runtime';

/** A buffer for padded blocks: how many, and the 32-bit words of each with its padding. */
export interface PaddedRows {
  readonly count: number;
  readonly words: number;
}

/** The blocks of a value of this shape whose dynamic axis is `axis`. */
export function paddedRowsOf(shape: Shape, axis: number): PaddedRows {
  return { count: sizeOf(shape.slice(0, axis)), words: sizeOf(shape.slice(axis)) };
}

/** Copies blocks of `used` words, adjacent from word `from` on, to where they begin in the padded buffer at word `to`. */
export function padRows({ count, words }: PaddedRows, used: number, from: number, to: number): void {
  // Last to first, because source and target may overlap.
  for (let i = count - 1; i >= 0; i--) {
    if (from + i * used !== to + i * words)
      memory.i32.copyWithin(to + i * words, from + i * used, from + (i + 1) * used);
  }
}

/** Removes the padding behind blocks of `used` words: makes them adjacent, in place. */
export function packRows({ count, words }: PaddedRows, used: number, at: number): void {
  for (let i = 1; i < count; i++) memory.i32.copyWithin(at + i * used, at + i * words, at + i * words + used);
}
