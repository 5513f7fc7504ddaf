// Where entries lie. The operands of a fused expression name entries; here they become operands over slots.

import { type AddressList, bytesOf, type Location, type Operand, type View } from '@treadle/kernels';

/** The locations of entries. */
export interface EntryLocations {
  /** undefined for an entry that does not lie in memory */
  locationOf(at: number): Location | undefined;
  /** the view of an entry from its location on, if it is not dense because it is computed right in the result that it is a part of */
  viewInResult(at: number): View | undefined;
}

/** An operand that names an entry as its slot, as an operand over the positions of an address list. */
export function operandIn(addressList: AddressList, locations: EntryLocations, operand: Operand): Operand {
  return addressList.operand(operand, locationIn(locations, operand.slot));
}

/** The same elements of a buffer that begins at a location. */
export function operandAt({ view, narrow }: Operand, { slot, byteOffset }: Location): Operand {
  return { slot, view: { ...view, offset: view.offset + byteOffset / bytesOf(narrow) }, narrow };
}

/** The location of an entry. Throws an internal error for one that does not lie in memory. */
export function locationIn(locations: EntryLocations, at: number): Location {
  const location = locations.locationOf(at);
  if (!location) throw new Error('internal: an entry that lies nowhere is read');
  return location;
}
