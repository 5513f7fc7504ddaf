// Assignments that wait. Outside of a recording an assignment is noted here, and made by the next run, whatever brings it about:
// so the updates of all variables in a loop that is not compiled are one plan with the pass that they follow from. Nobody can
// tell: whoever asks for a variable's value, or takes away what an assignment reads, has them made first.

import { type Node, release, retain } from '@treadle/graph';
import type { VariableCell } from './variable.ts';

export type DeferredAssignments = ReadonlyMap<VariableCell, Node>;

let pending = new Map<VariableCell, Node>();
let make: (() => void) | undefined;

/** Says how pending assignments are made. */
export function flushAssignmentsBy(run: () => void): void {
  make = run;
}

/** A later assignment to the same variable takes the place of an earlier one, which nobody has seen. */
export function postpone(cell: VariableCell, value: Node): void {
  retain(value);
  takeBack(cell);
  pending.set(cell, value);
}

/** Drops the assignment to a variable, if one waits. */
export function takeBack(cell: VariableCell): void {
  const value = pending.get(cell);
  if (!value) return;
  pending.delete(cell);
  release(value);
}

/** What the variable is about to be assigned. */
export function pendingValue(cell: VariableCell): Node | undefined {
  return pending.get(cell);
}

/** Hands out the assignments to whoever makes them now, and lets go of the values then. */
export function takeAssignments(): DeferredAssignments {
  const taken = pending;
  if (taken.size > 0) pending = new Map();
  return taken;
}

/** Makes the assignments that wait, if there are any. */
export function flushAssignments(): void {
  if (pending.size > 0) make?.();
}
