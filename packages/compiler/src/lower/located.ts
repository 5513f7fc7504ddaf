// Entries that lie in memory: operands are known by their entries until it is known where those lie.

import type { Location, Operand, Window } from '@treadle/kernels';

export interface Located {
  /** undefined for an entry that does not lie in memory */
  locationOf(at: number): Location | undefined;
}

/** The operand of an entry, by which it is known so far, over the positions of the window. */
export function operandIn(window: Window, located: Located, operand: Operand): Operand {
  return window.operand(operand, locationIn(located, operand.slot));
}

export function locationIn(located: Located, at: number): Location {
  const location = located.locationOf(at);
  if (!location) throw new Error('internal: an entry that lies nowhere is read');
  return location;
}
