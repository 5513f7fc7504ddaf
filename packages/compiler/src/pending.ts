// Assignments that wait. Outside of a recording an assignment is noted here, and made by the next run, whatever brings it about:
// so the updates of all variables in a loop that is not compiled are one plan with the pass that they follow from. Nobody can
// tell: whoever asks for a variable's value, or takes away what an assignment reads, has them made first.

import type { Node } from '@treadle/graph';
import type { VariableCell } from './variable.ts';

export type Pending = ReadonlyMap<VariableCell, Node>;

let pending = new Map<VariableCell, Node>();
let make: (() => void) | undefined;

/** Says how pending assignments are made. */
export function makePendingBy(run: () => void): void {
  make = run;
}

/** A later assignment to the same variable takes the place of an earlier one, which nobody has seen. */
export function postpone(cell: VariableCell, value: Node): void {
  pending.set(cell, value);
}

export function isPending(cell: VariableCell): boolean {
  return pending.has(cell);
}

/** Hands out the assignments to whoever makes them now. */
export function takePending(): Pending {
  const taken = pending;
  if (taken.size > 0) pending = new Map();
  return taken;
}

/** Makes the assignments that wait, if there are any. */
export function makePending(): void {
  if (pending.size > 0) make?.();
}
