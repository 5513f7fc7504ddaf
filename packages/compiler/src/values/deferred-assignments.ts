// Deferred assignments. Outside of a recording an assignment is noted here and made by the next run of any plan. So in a training loop
// that is not compiled, the updates of all variables are part of the same plan as the gradients. No program can tell the difference:
// reading a variable, or disposing of what an assignment reads, makes all deferred assignments first.

import { type Node, release, retain, type VariableState } from '@treadle/graph';

/** A variable as the target of an assignment. */
export interface AssignmentTarget extends VariableState {
  /** Copies the old value for those that still need it, before a plan overwrites it. */
  keepOld(): void;
}

/** By variable: the node whose value it becomes. */
export type DeferredAssignments = ReadonlyMap<AssignmentTarget, Node>;

let pending = new Map<AssignmentTarget, Node>();
let makeAll: (() => void) | undefined;

/** Sets the function that makes deferred assignments. */
export function flushAssignmentsBy(run: () => void): void {
  makeAll = run;
}

/** Defers an assignment. It replaces an earlier one to the same variable, whose value was never read. */
export function deferAssignment(target: AssignmentTarget, value: Node): void {
  retain(value);
  dropAssignment(target);
  pending.set(target, value);
}

/** Drops the deferred assignment to a variable, if there is one. */
export function dropAssignment(target: AssignmentTarget): void {
  const value = pending.get(target);
  if (!value) return;
  pending.delete(target);
  release(value);
}

/** The node that is about to be assigned to a variable; undefined if none is. */
export function pendingValue(target: AssignmentTarget): Node | undefined {
  return pending.get(target);
}

/** Takes all deferred assignments. The caller makes them, and then lets go of their nodes. */
export function takeAssignments(): DeferredAssignments {
  const taken = pending;
  if (taken.size > 0) pending = new Map();
  return taken;
}

/** Makes all deferred assignments. */
export function flushAssignments(): void {
  if (pending.size > 0) makeAll?.();
}
