// The window of some kernels: the locations that they read and write, numbered in the order in which they are asked for. Kernels
// that are made over these numbers do not know where anything lies, so groups of equal structure are made into kernels once.

import { bytesOf } from './format.ts';
import type { Kernel, Location, Operand, Slot, Word } from './kernel.ts';

/** More than any byte offset. */
const mostBytes = 2 ** 33;

export class Window {
  readonly locations: Location[] = [];
  readonly #positions = new Map<number, Slot>();

  /** The position of a location. */
  at(slot: Slot, byteOffset = 0): Slot {
    const key = slot * mostBytes + byteOffset;
    let position = this.#positions.get(key);
    if (position === undefined) {
      position = this.locations.push({ slot, byteOffset }) - 1;
      this.#positions.set(key, position);
    }
    return position;
  }

  /** The operand as kernels over the window know it: its view begins at its location. */
  operand({ slot, view, narrow }: Operand): Operand {
    return { slot: this.at(slot, bytesOf(narrow) * view.offset), view: { ...view, offset: 0 }, narrow };
  }
}

/** All that code can depend on of an operand whose view begins at its location. */
export function operandKey({ slot, view: { shape, strides }, narrow }: Operand): string {
  return `${slot}${narrow ? ` ${narrow.name}` : ''}[${shape}]${strides}`;
}

/** A kernel over the positions of a window as one over the slots of these locations, its code known by a key. */
export function overWindow(kernel: Kernel, locations: readonly Location[], codeKey: string): Kernel {
  const moved = ({ slot, byteOffset }: Location): Location => {
    const location = locations[slot];
    if (!location) throw new Error('internal: a kernel has an operand that is not in its window');
    return byteOffset === 0 ? location : { slot: location.slot, byteOffset: location.byteOffset + byteOffset };
  };
  const slotOf = (position: Slot): Slot => moved({ slot: position, byteOffset: 0 }).slot;
  const slotsOf = (positions: readonly Slot[]): Slot[] => [...new Set(positions.map(slotOf))];
  /** Those that are known by one position, and that begin where the buffer does. */
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
