// The bytes that a kernel reads and writes, each element counted once, as if there were neither other kernels nor caches.

import { sizeOf } from './collapse-dims.ts';
import { bytesOf } from './format.ts';
import type { Work } from './kernel.ts';
import type { Operand } from './operand.ts';

/** Bytes read and written. */
export type BytesMoved = Pick<Work, 'bytesRead' | 'bytesWritten'>;

/** What reading all elements of the loads and writing those of the stores moves. */
export function bytesMoved(loads: readonly Operand[], stores: readonly Operand[]): BytesMoved {
  return { bytesRead: bytesOfAll(loads), bytesWritten: bytesOfAll(stores) };
}

/** An operand that occurs twice counts once, and so does an element that a view repeats. */
function bytesOfAll(operands: readonly Operand[]): number {
  const bytes = new Map<string, number>();
  for (const { slot, view, narrow } of operands) {
    const distinct = view.shape.filter((_, d) => view.strides[d] !== 0);
    const isEmpty = sizeOf(view.shape) === 0;
    bytes.set(`${slot}+${view.offset}[${view.shape}]${view.strides}`, isEmpty ? 0 : bytesOf(narrow) * sizeOf(distinct));
  }
  return [...bytes.values()].reduce((sum, n) => sum + n, 0);
}
