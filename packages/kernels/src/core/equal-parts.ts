// Buffers that the tiles of a kernel divide among themselves: each tile touches only its own part of the buffer; the parts are
// equal and lie in the order of the tiles.

import { bytesOf } from './format.ts';
import type { Operand, Slot } from './operand.ts';

/** An operand, and how many of its leading dimensions the tiles divide, in row-major order. */
export type Divided = readonly [operand: Operand, leading: number];

/** The bytes of each buffer that is divided in every one of its operands. */
export function dividedAmong(operands: readonly Divided[]): ReadonlyMap<Slot, number> {
  const lengths = new Map<Slot, number>();
  const others = new Set<Slot>();
  for (const [{ slot, view, narrow }, leading] of operands) {
    const elements = dividedLength(view, leading);
    const length = elements === undefined ? undefined : bytesOf(narrow) * elements;
    if (length === undefined || (lengths.get(slot) ?? length) !== length) others.add(slot);
    else lengths.set(slot, length);
  }
  for (const slot of others) lengths.delete(slot);
  return lengths;
}

/**
 * The number of elements that a view reaches, if its leading dimensions go through the buffer from its beginning, one whole run
 * after the other; otherwise undefined.
 */
function dividedLength({ shape, strides, offset }: Operand['view'], leading: number): number | undefined {
  const dimensions = shape.map((size, d) => ({ size, stride: strides[d] ?? 0 })).filter(({ size }) => size !== 1);
  const skipped = shape.slice(0, leading).filter((size) => size === 1).length;
  const outer = dimensions.slice(0, leading - skipped);
  const inner = dimensions.slice(leading - skipped).filter(({ stride }) => stride !== 0);
  let length = 1;
  for (const { size, stride } of [...inner.sort((a, b) => a.stride - b.stride), ...outer.toReversed()]) {
    if (stride !== length) return undefined;
    length *= size;
  }
  return offset === 0 ? length : undefined;
}
