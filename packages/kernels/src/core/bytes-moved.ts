// The bytes that a kernel reads and writes, each element counted once, as if there were neither other kernels nor caches.

import { bytesOf } from './format.ts';
import type { Slot, View, Work } from './kernel.ts';
import type { Operand } from './operand.ts';

/** Bytes read and written. */
export type BytesMoved = Pick<Work, 'bytesRead' | 'bytesWritten'>;

/** What reading all elements of the loads and writing those of the stores moves. */
export function bytesMoved(loads: readonly Operand[], stores: readonly Operand[]): BytesMoved {
  return { bytesRead: bytesOfAll(loads), bytesWritten: bytesOfAll(stores) };
}

/** An operand that occurs twice counts once, and so does an element that a view repeats. */
function bytesOfAll(operands: readonly Operand[]): number {
  const bySlot = new Map<Slot, View[]>();
  let bytes = 0;
  for (const { slot, view, narrow } of operands) {
    const known = bySlot.get(slot);
    if (known?.some((other) => sameView(other, view))) continue;
    if (known) known.push(view);
    else bySlot.set(slot, [view]);
    bytes += bytesOf(narrow) * distinctElements(view);
  }
  return bytes;
}

function distinctElements({ shape, strides }: View): number {
  let distinct = 1;
  for (let d = 0; d < shape.length; d++) if (strides[d] !== 0 || shape[d] === 0) distinct *= shape[d] ?? 1;
  return distinct;
}

function sameView(a: View, b: View): boolean {
  const isSame = (x: readonly number[], y: readonly number[]): boolean =>
    x.length === y.length && x.every((extent, d) => extent === y[d]);
  return a.offset === b.offset && isSame(a.shape, b.shape) && isSame(a.strides, b.strides);
}
