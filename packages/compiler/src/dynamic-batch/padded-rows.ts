// Values with fewer rows than there is room for. In the room, each run of rows stands at the begin of its piece, where the run of
// the most rows would stand; outside, the runs follow each other. All lengths are bytes.

import { byteLength, type Dtype, type Shape, sizeOf } from '@treadle/graph';
import { memory } from '@treadle/runtime';

/** The room of a value: how many pieces it has, and the bytes of each. */
export interface Pieces {
  readonly count: number;
  readonly bytes: number;
}

/** The pieces of a value that has rows along an axis. */
export function piecesOf(shape: Shape, dtype: Dtype, axis: number): Pieces {
  return { count: sizeOf(shape.slice(0, axis)), bytes: byteLength(dtype, shape.slice(axis)) };
}

/** Copies runs of `used` bytes, which follow each other from address `from` on, to the begins of the pieces at address `to`. */
export function spread({ count, bytes }: Pieces, used: number, from: number, to: number): void {
  // Last to first: they may lie in the same room already.
  for (let i = count - 1; i >= 0; i--) {
    if (from + i * used !== to + i * bytes)
      memory.u8.copyWithin(to + i * bytes, from + i * used, from + (i + 1) * used);
  }
}

/** Moves runs of `used` bytes at the begins of pieces up to each other. */
export function close({ count, bytes }: Pieces, used: number, at: number): void {
  for (let i = 1; i < count; i++) memory.u8.copyWithin(at + i * used, at + i * bytes, at + i * bytes + used);
}
