// A group: a unit of the work of a plan, which computes one stored entry, or several at once. Here is what is asked of groups:
// who runs after whom, and who reads what in which way.

import { isDense, sameShape, type VariableState } from '@treadle/graph';
import type { View } from '@treadle/kernels';
import type { Capture } from './capture.ts';
import type { Program } from './program.ts';
import type { RowGroup } from './rows.ts';

export interface Group {
  /** the entry that is computed, and that the group goes by */
  readonly at: number;
  /** all entries that its program computes: `at`, and others of the same shape that `at` reads element by element */
  readonly members: number[];
  /** the elementwise program, of all members or of what a reduction reads */
  program: Program | undefined;
  /** the entry of the matmul whose epilogue this group's program is */
  product: number | undefined;
  /** the groups that it computes row by row, where it is made of several */
  rows: RowGroup | undefined;
  /** the variables that are written in place, by the member that is their new value */
  readonly targets: Map<number, VariableState>;
  /** entries, stored or sources, that are read */
  readonly reads: Set<number>;
  /** groups, by entry, that must have run before */
  readonly after: Set<number>;
}

export type Groups = ReadonlyMap<number, Group>;

/** Whether the group of entry `a` runs, directly or through others, after that of entry `b`. */
export function runsAfter(groups: Groups, a: number, b: number): boolean {
  const seen = new Set<number>();
  const stack = [a];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    if (at === b) return true;
    if (seen.has(at)) continue;
    seen.add(at);
    stack.push(...(groups.get(at)?.after ?? []));
  }
  return false;
}

/** One group becomes part of another: what waited for it waits for the other. */
export function absorb(groups: Map<number, Group>, into: Group, at: number): void {
  const group = groups.get(at);
  if (!group) throw new Error('internal: no such group');
  for (const before of group.after) if (before !== into.at) into.after.add(before);
  for (const read of group.reads) into.reads.add(read);
  into.reads.delete(at);
  groups.delete(at);
  for (const other of groups.values()) {
    if (!other.after.delete(at)) continue;
    if (other !== into) other.after.add(into.at);
  }
}

/** The groups in an order in which each comes after those it must come after. */
export function inOrder(groups: Groups): readonly Group[] {
  const order: Group[] = [];
  const entered = new Set<number>();
  for (const start of groups.keys()) {
    const stack: { at: number; rest: number[] }[] = [{ at: start, rest: [...(groups.get(start)?.after ?? [])] }];
    if (entered.has(start)) continue;
    entered.add(start);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const next = top.rest.shift();
      if (next === undefined) {
        const group = groups.get(top.at);
        if (group) order.push(group);
        stack.pop();
      } else if (!entered.has(next)) {
        entered.add(next);
        stack.push({ at: next, rest: [...(groups.get(next)?.after ?? [])] });
      }
    }
  }
  return order;
}

/** The entry that is the variable's old value; −1 where nobody reads it. */
export function sourceOf(capture: Capture, state: VariableState): number {
  return capture.entries.findIndex(({ node }) => node.source?.kind === 'variable' && node.source.state === state);
}

/** Whether all reads of the entry by the group are of the very element that it writes. */
export function ownsPlace(capture: Capture, group: Group, old: number): boolean {
  if (!group.reads.has(old)) return true;
  const shape = capture.entries[group.at]?.node.shape ?? [];
  if (capture.entries[group.at]?.node.op?.kind === 'reduce' || !group.program) return false;
  return group.program.loads.every(({ operand: { slot, view } }) => slot !== old || isPlain(view, shape));
}

/** Whether the group reads the whole of an entry of its own shape, element by element. */
export function readsPlainly(capture: Capture, group: Group, at: number): boolean {
  const shape = capture.entries[group.at]?.node.shape ?? [];
  const loads = group.program?.loads.filter(({ operand }) => operand.slot === at) ?? [];
  return (
    sameShape(capture.entries[at]?.node.shape ?? [], shape) &&
    loads.every(({ operand }) => isPlain(operand.view, shape))
  );
}

function isPlain(view: View, shape: readonly number[]): boolean {
  return view.offset === 0 && sameShape(view.shape, shape) && isDense(view);
}
