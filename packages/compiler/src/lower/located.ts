// Entries that lie in memory: operands are known by their entries until it is known where those lie.

import { bytesOf, type Location, type Operand, type Window } from '@treadle/kernels';

export interface Located {
  /** undefined for an entry that does not lie in memory */
  locationOf(at: number): Location | undefined;
}

/** The operand of an entry, by which it is known so far, over the positions of the window. */
export function operandIn(window: Window, located: Located, { slot: at, view, narrow }: Operand): Operand {
  const { slot, byteOffset } = locationIn(located, at);
  return window.operand(behindBegin({ slot, view, narrow }, byteOffset));
}

/** The operand so many bytes further on. */
export function behindBegin({ slot, view, narrow }: Operand, byteOffset: number): Operand {
  return { slot, view: { ...view, offset: view.offset + byteOffset / bytesOf(narrow) }, narrow };
}

export function locationIn(located: Located, at: number): Location {
  const location = located.locationOf(at);
  if (!location) throw new Error('internal: an entry that lies nowhere is read');
  return location;
}
