// The address list of some kernels: the locations that they read and write, numbered in the order in which they are first used. Kernels
// that are made over these numbers do not know where anything lies, so groups of equal structure share their kernels.

import { bytesOf } from './format.ts';
import type { Kernel, Location, Operand, Slot, Word } from './kernel.ts';

/** Numbers locations. */
export class AddressList {
  readonly locations: Location[] = [];

  /** The position of a location; adds it where it is new. */
  at(slot: Slot, byteOffset = 0): Slot {
    const { locations } = this;
    for (let position = 0; position < locations.length; position++) {
      const other = locations[position];
      if (other?.slot === slot && other.byteOffset === byteOffset) return position;
    }
    return locations.push({ slot, byteOffset }) - 1;
  }

  /** The operand for kernels over this list: its slot is a position, and its view begins at its location, by default that of the slot. */
  operand({ slot, view, narrow }: Operand, { slot: of, byteOffset }: Location = { slot, byteOffset: 0 }): Operand {
    const { offset } = view;
    const at = this.at(of, byteOffset + bytesOf(narrow) * offset);
    return { slot: at, view: offset === 0 ? view : { ...view, offset: 0 }, narrow };
  }
}

/** Equal for operands that code cannot tell apart, where views begin at their locations. */
export function operandKey({ slot, view: { shape, strides }, narrow }: Operand): string {
  return `${slot}${narrow ? ` ${narrow.name}` : ''}[${shape}]${strides}`;
}

/**
 * A kernel whose operands are numbered by positions in an address list, as a kernel over the slots of these locations. `codeKey`: equal
 * for kernels with the same code.
 */
export function withAddresses(kernel: Kernel, locations: readonly Location[], codeKey: string): Kernel {
  const moved = ({ slot, byteOffset }: Location): Location => {
    const location = locations[slot];
    if (!location) throw new Error('internal: a kernel has an operand that is not in its address list');
    return byteOffset === 0 ? location : { slot: location.slot, byteOffset: location.byteOffset + byteOffset };
  };
  const slotOf = (position: Slot): Slot => moved({ slot: position, byteOffset: 0 }).slot;
  const slotsOf = (positions: readonly Slot[]): Slot[] => {
    const slots: Slot[] = [];
    for (const position of positions) if (!slots.includes(slotOf(position))) slots.push(slotOf(position));
    return slots;
  };
  /** Whether one position alone names the buffer, from its beginning on. */
  const isWhole = ({ slot, byteOffset }: Location): boolean =>
    byteOffset === 0 && locations.every((other) => other.slot !== slot || other.byteOffset === 0);
  const inParts = new Map<Slot, number>();
  kernel.inParts?.forEach((length, position) => {
    const location = moved({ slot: position, byteOffset: 0 });
    if (isWhole(location)) inParts.set(location.slot, length);
  });
  const { name, tiles, cost, scratch, work, emit, multiTensor, addressList, refusal } = kernel;
  const placed = {
    name,
    tiles,
    cost,
    scratch,
    work,
    emit,
    reads: slotsOf(kernel.reads),
    writes: slotsOf(kernel.writes),
    addressList: addressList
      ? addressList.map((word): Word => (typeof word === 'number' ? word : moved(word)))
      : locations,
    codeKey,
    inParts,
  };
  if (refusal) return { ...placed, refusal: { ...refusal, slot: slotOf(refusal.slot) } };
  return multiTensor
    ? { ...placed, multiTensor: { ...multiTensor, locations: multiTensor.locations.map(moved) } }
    : placed;
}
