// Where entries lie. The operands of a fused expression name entries; here they become operands over slots.

import type { Location, Operand, Window } from '@treadle/kernels';

/** The locations of entries. */
export interface EntryLocations {
  /** undefined for an entry that does not lie in memory */
  locationOf(at: number): Location | undefined;
}

/** An operand that names an entry as its slot, as an operand over the positions of a window. */
export function operandIn(window: Window, locations: EntryLocations, { slot: at, view }: Operand): Operand {
  const { slot, byteOffset } = locationIn(locations, at);
  return window.operand({ slot, view: { ...view, offset: view.offset + byteOffset / 4 } });
}

/** The location of an entry. Throws an internal error for one that does not lie in memory. */
export function locationIn(locations: EntryLocations, at: number): Location {
  const location = locations.locationOf(at);
  if (!location) throw new Error('internal: an entry that lies nowhere is read');
  return location;
}
