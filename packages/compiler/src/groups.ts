// Groups: the work of a plan in units that run one after another. A group computes one stored entry; a matmul whose result
// is read element by element takes that reader into its own group, as an epilogue. Here it is decided who joins whom, which
// variables can be written in place, and in which order the groups run.

import { denseView, isDense, sameShape, type VariableState } from '@treadle/graph';
import type { Capture } from './capture.ts';
import type { StoredSet } from './fuse.ts';
import { buildProgram, isMustStore, operandFor, type Program, type Stored } from './program.ts';

export interface Group {
  /** the entry that is computed, and that the group goes by */
  readonly at: number;
  /** all entries that its program computes: `at`, and others of the same shape that `at` reads element by element */
  readonly members: number[];
  /** the elementwise program, of the entry itself or of what a reduction reads */
  readonly program: Program | undefined;
  /** the entry of the matmul whose epilogue this group's program is */
  product: number | undefined;
  /** the variables that are written in place, by the member that is their new value */
  readonly targets: Map<number, VariableState>;
  /** entries, stored or sources, that are read */
  readonly reads: Set<number>;
  /** groups, by entry, that must have run before */
  readonly after: Set<number>;
}

export type Groups = ReadonlyMap<number, Group>;

/** The slot of an entry is its position here: programs are built once more when slots are known. */
function positions(capture: Capture, storedSet: StoredSet): Stored {
  const { entries } = capture;
  return { entries, slotOf: (at) => (storedSet.has(at) || entries[at]?.node.source ? at : undefined) };
}

export function makeGroups(capture: Capture, storedSet: StoredSet): Groups {
  const stored = positions(capture, storedSet);
  const groups = new Map<number, Group>();
  for (const at of [...storedSet].sort((a, b) => a - b)) groups.set(at, makeGroup(stored, at));
  for (const group of groups.values()) {
    for (const read of group.reads) if (groups.has(read)) group.after.add(read);
  }
  writeVariablesInPlace(capture, groups);
  joinLanes(capture, groups);
  joinEpilogues(capture, groups);
  return groups;
}

function makeGroup(stored: Stored, at: number): Group {
  const entry = stored.entries[at];
  if (!entry) throw new Error('internal: no such entry');
  const kind = entry.node.op?.kind;
  const reads = new Set<number>();
  let program: Program | undefined;
  if (kind === 'tiled') {
    for (const input of entry.inputs) {
      const operand = operandFor(stored, input);
      if (isMustStore(operand)) throw new Error('internal: an operand was not stored');
      reads.add(operand.slot);
    }
  } else {
    const made = kind === 'reduce' ? buildProgram(stored, entry.inputs, []) : buildProgram(stored, [at], [at]);
    if (isMustStore(made)) throw new Error('internal: a load was not stored');
    for (const { operand } of made.loads) reads.add(operand.slot);
    program = made;
  }
  return { at, members: [at], program, product: undefined, targets: new Map(), reads, after: new Set() };
}

/** Whether the group of entry `a` runs, directly or through others, after that of entry `b`. */
function runsAfter(groups: Groups, a: number, b: number): boolean {
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

/**
 * A variable is written in place by the group that computes its new value, when everybody else who reads the old value can
 * run before, and the group itself reads it at the element that it writes.
 */
function writeVariablesInPlace(capture: Capture, groups: Groups): void {
  for (const root of capture.roots) {
    const group = groups.get(root.at);
    const isOnlyRoot = capture.roots.filter(({ at }) => at === root.at).length === 1;
    if (!root.target || !group || !isOnlyRoot) continue;
    const old = sourceOf(capture, root.target);
    if (old >= 0 && !ownsPlace(capture, group, old)) continue;
    const readers = [...groups.values()].filter((other) => other !== group && other.reads.has(old));
    if (readers.some((reader) => runsAfter(groups, reader.at, group.at))) continue;
    for (const reader of readers) group.after.add(reader.at);
    group.targets.set(root.at, root.target);
  }
}

/** The entry that is the variable's old value; −1 where nobody reads it. */
function sourceOf(capture: Capture, state: VariableState): number {
  return capture.entries.findIndex(({ node }) => node.source?.kind === 'variable' && node.source.state === state);
}

/** Whether all reads of the entry by the group are of the very element that it writes. */
function ownsPlace(capture: Capture, group: Group, old: number): boolean {
  if (!group.reads.has(old)) return true;
  const shape = capture.entries[group.at]?.node.shape ?? [];
  if (capture.entries[group.at]?.node.op?.kind === 'reduce' || !group.program) return false;
  return group.program.loads.every(({ operand: { slot, view } }) => slot !== old || isPlain(view, shape));
}

function isPlain(view: ReturnType<typeof denseView>, shape: readonly number[]): boolean {
  return view.offset === 0 && sameShape(view.shape, shape) && isDense(view);
}

/** Lets an elementwise reader of a whole matmul result run on each finished region of it. */
function joinEpilogues(capture: Capture, groups: Map<number, Group>): void {
  const joined = new Set<number>();
  for (const group of groups.values()) {
    const { node } = capture.entries[group.at] ?? {};
    const isElementwise = node?.op?.kind === 'lane' && group.program !== undefined && group.targets.size === 0;
    if (!node || !isElementwise || node.shape.length < 2) continue;
    for (const at of group.reads) {
      const product = capture.entries[at]?.node;
      const takes = groups.has(at) && product?.op?.kind === 'tiled' && product.op.takesEpilogue === true && !joined.has(at);
      if (!takes || !readsPlainly(capture, group, at)) continue;
      const others = [...group.after].filter((other) => other !== at);
      if (others.some((other) => runsAfter(groups, other, at))) continue;
      group.product = at;
      joined.add(at);
      absorb(groups, group, at);
      break;
    }
  }
}

/**
 * Lets an elementwise group that one other elementwise group of its shape reads, and nobody else, be computed there: a value
 * that is kept and used once, as the moments of an optimizer are.
 */
function joinLanes(capture: Capture, groups: Map<number, Group>): void {
  const isLanes = (at: number): boolean => capture.entries[at]?.node.op?.kind === 'lane';
  for (const group of groups.values()) {
    if (!isLanes(group.at)) continue;
    for (const at of group.reads) {
      const maker = groups.get(at);
      if (!maker || !isLanes(at) || !readsPlainly(capture, group, at)) continue;
      const readers = [...groups.values()].filter(({ reads }) => reads.has(at));
      const others = [...group.after].filter((other) => other !== at);
      if (readers.length > 1 || others.some((other) => runsAfter(groups, other, at))) continue;
      // What the maker may overwrite, the reader must read at the same element, and the other way round.
      const old = [...maker.targets.values(), ...group.targets.values()].map((state) => sourceOf(capture, state));
      if (!old.every((source) => ownsPlace(capture, maker, source) && ownsPlace(capture, group, source))) continue;
      group.members.push(...maker.members);
      for (const [member, state] of maker.targets) group.targets.set(member, state);
      absorb(groups, group, at);
    }
  }
}

/** Whether the group reads the whole of an entry of its own shape, element by element. */
function readsPlainly(capture: Capture, group: Group, at: number): boolean {
  const shape = capture.entries[group.at]?.node.shape ?? [];
  const loads = group.program?.loads.filter(({ operand }) => operand.slot === at) ?? [];
  return sameShape(capture.entries[at]?.node.shape ?? [], shape) && loads.every(({ operand }) => isPlain(operand.view, shape));
}

/** One group becomes part of another: what waited for it waits for the other. */
function absorb(groups: Map<number, Group>, into: Group, at: number): void {
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
