// From stored entries to groups in the order in which they run: each entry gets a group, variables are written in place where
// nobody is harmed, and groups are joined where that saves a pass.

import type { Capture } from './capture.ts';
import type { StoredSet } from './fuse.ts';
import { type Group, type Groups, ownsPlace, runsAfter, sourceOf } from './group.ts';
import { joinEpilogues, joinLanes } from './join.ts';
import { buildProgram, isMustStore, operandFor, type Program, type Stored } from './program.ts';
import type { Ragged } from './ragged.ts';
import { joinRows } from './rows.ts';

/** With `ragged`, no reduction over rows is joined to others: it leaves out those that a run does not have. */
export function makeGroups(capture: Capture, storedSet: StoredSet, ragged?: Ragged): Groups {
  const stored = positions(capture, storedSet);
  const groups = new Map<number, Group>();
  for (const at of [...storedSet].sort((a, b) => a - b)) groups.set(at, makeGroup(stored, at));
  for (const group of groups.values()) {
    for (const read of group.reads) if (groups.has(read)) group.after.add(read);
  }
  writeVariablesInPlace(capture, groups);
  joinLanes(capture, groups, (members) => buildProgram(stored, members, members));
  joinEpilogues(capture, groups);
  joinRows(capture, groups, ragged);
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
  return {
    at,
    members: [at],
    program,
    product: undefined,
    rows: undefined,
    targets: new Map(),
    reads,
    after: new Set(),
  };
}

/** The slot of an entry is its position here: programs are built once more when slots are known. */
function positions(capture: Capture, storedSet: StoredSet): Stored {
  const { entries } = capture;
  return { entries, slotOf: (at) => (storedSet.has(at) || entries[at]?.node.source ? at : undefined) };
}

/**
 * A variable is written in place by the group that computes its new value, when everybody else who reads the old value or
 * may refuse what it reads can run before, and the group itself reads it at the element that it writes.
 */
function writeVariablesInPlace(capture: Capture, groups: Groups): void {
  for (const root of capture.roots) {
    const group = groups.get(root.at);
    const isOnlyRoot = capture.roots.filter(({ at }) => at === root.at).length === 1;
    if (!root.target || !group || !isOnlyRoot) continue;
    const old = sourceOf(capture, root.target);
    if (old >= 0 && !ownsPlace(capture, group, old)) continue;
    const mayRefuse = (at: number): boolean => {
      const op = capture.entries[at]?.node.op;
      return op?.kind === 'tiled' && op.mayRefuse === true;
    };
    const earlier = [...groups.values()].filter(
      (other) => other !== group && (other.reads.has(old) || mayRefuse(other.at)),
    );
    if (earlier.some((other) => runsAfter(groups, other.at, group.at))) continue;
    for (const other of earlier) group.after.add(other.at);
    group.targets.set(root.at, root.target);
  }
}
