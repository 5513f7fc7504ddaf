// Values of fewer rows than there is room for: in the room each stretch of rows stands at the begin of its piece, where the
// stretch of the most rows would; outside it the stretches follow each other.

import { type Shape, sizeOf } from '@treadle/graph';
import { memory } from '@treadle/runtime';

/** The room of a value: so many pieces, of so many words each. */
export interface Pieces {
  readonly count: number;
  readonly words: number;
}

/** The pieces of a value that has rows along an axis. */
export function piecesOf(shape: Shape, axis: number): Pieces {
  return { count: sizeOf(shape.slice(0, axis)), words: sizeOf(shape.slice(axis)) };
}

/** Copies stretches of `used` words, which follow each other from word `from` on, to the begins of the pieces at word `to`. */
export function spread({ count, words }: Pieces, used: number, from: number, to: number): void {
  // Last to first: they may lie in the same room already.
  for (let i = count - 1; i >= 0; i--) {
    if (from + i * used !== to + i * words)
      memory.i32.copyWithin(to + i * words, from + i * used, from + (i + 1) * used);
  }
}

/** Moves stretches of `used` words at the begins of pieces up to each other. */
export function close({ count, words }: Pieces, used: number, at: number): void {
  for (let i = 1; i < count; i++) memory.i32.copyWithin(at + i * used, at + i * words, at + i * words + used);
}
