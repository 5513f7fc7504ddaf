// The window of some kernels: the locations that they read and write, numbered in the order in which they are first used. Kernels
// that are made over these numbers do not know where anything lies, so groups of equal structure share their kernels.

import { bytesOf } from './format.ts';
import type { Kernel, Location, Operand, Slot, Word } from './kernel.ts';

/** Larger than any byte offset. */
const mostBytes = 2 ** 33;

/** Numbers locations. */
export class Window {
  readonly locations: Location[] = [];
  readonly #positions = new Map<number, Slot>();

  /** The position of a location; adds it where it is new. */
  at(slot: Slot, byteOffset = 0): Slot {
    const key = slot * mostBytes + byteOffset;
    let position = this.#positions.get(key);
    if (position === undefined) {
      position = this.locations.push({ slot, byteOffset }) - 1;
      this.#positions.set(key, position);
    }
    return position;
  }

  /** The operand for kernels over this window: its slot is a position, and its view begins at its location. */
  operand({ slot, view, narrow }: Operand): Operand {
    return { slot: this.at(slot, bytesOf(narrow) * view.offset), view: { ...view, offset: 0 }, narrow };
  }
}

/** Equal for operands that code cannot tell apart, where views begin at their locations. */
export function operandKey({ slot, view: { shape, strides }, narrow }: Operand): string {
  return `${slot}${narrow ? ` ${narrow.name}` : ''}[${shape}]${strides}`;
}

/**
 * A kernel whose operands are numbered by positions in a window, as a kernel over the slots of these locations. `codeKey`: equal
 * for kernels with the same code.
 */
export function overWindow(kernel: Kernel, locations: readonly Location[], codeKey: string): Kernel {
  const moved = ({ slot, byteOffset }: Location): Location => {
    const location = locations[slot];
    if (!location) throw new Error('internal: a kernel has an operand that is not in its window');
    return byteOffset === 0 ? location : { slot: location.slot, byteOffset: location.byteOffset + byteOffset };
  };
  const slotOf = (position: Slot): Slot => moved({ slot: position, byteOffset: 0 }).slot;
  const slotsOf = (positions: readonly Slot[]): Slot[] => [...new Set(positions.map(slotOf))];
  // only buffers that one position names, from their beginning on
  const inParts = [...(kernel.inParts ?? [])].flatMap(([position, length]) => {
    const { slot, byteOffset } = moved({ slot: position, byteOffset: 0 });
    const isWhole = byteOffset === 0 && locations.filter((other) => other.slot === slot).length === 1;
    return isWhole ? [[slot, length] as const] : [];
  });
  const { name, tiles, cost, scratch, work, emit, alike, window, refusal } = kernel;
  const placed = {
    name,
    tiles,
    cost,
    scratch,
    work,
    emit,
    reads: slotsOf(kernel.reads),
    writes: slotsOf(kernel.writes),
    window: window ? window.map((word): Word => (typeof word === 'number' ? word : moved(word))) : locations,
    codeKey,
    inParts: new Map(inParts),
  };
  if (refusal) return { ...placed, refusal: { ...refusal, slot: slotOf(refusal.slot) } };
  return alike ? { ...placed, alike: { ...alike, locations: alike.locations.map(moved) } } : placed;
}
