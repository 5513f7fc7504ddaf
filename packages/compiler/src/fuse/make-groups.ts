// From stored entries to groups in the order in which they run: each entry gets a group, variables are written in place where
// nobody is harmed, and groups are joined where that saves a pass.

import type { VariableState } from '@treadle/graph';
import type { Ragged } from '../dynamic-batch/compare.ts';
import { debug } from '../inspect/debug.ts';
import { showGroups } from '../inspect/show-groups.ts';
import type { Capture } from '../trace/capture.ts';
import { type Group, ownsPlace } from './group.ts';
import { GroupGraph } from './group-graph.ts';
import { type FusedExpression, fusedExpression, type Stored, storedOperand } from './lane-expression.ts';
import type { Fused } from './materialize.ts';
import { fuseRows } from './row-fusion.ts';
import { fuseReductions } from './shared-reductions.ts';
import { fuseEpilogues, fuseVertically } from './vertical-and-epilogue.ts';

/** With `ragged`, no reduction over rows is joined to others: it leaves out those that a run does not have. */
export function makeGroups(capture: Capture, { stored, programs }: Fused, ragged?: Ragged): GroupGraph {
  const parts = partsOf(capture);
  const groups = new GroupGraph([...programs].map(([at, program]) => makeGroup(stored, at, program, parts.get(at))));
  const sources = sourcesOf(capture);
  writeVariablesInPlace(capture, groups, sources);
  fuseVertically(capture, groups, sources, (members) => fusedExpression(stored, members, members));
  fuseEpilogues(capture, groups);
  fuseRows(capture, groups, ragged);
  if (!ragged) fuseReductions(capture, groups, (inputs) => fusedExpression(stored, inputs, []));
  debug('fuse', 'groups', () => showGroups(capture, groups));
  return groups;
}

/** The parts of each entry that has some. */
function partsOf({ entries }: Capture): ReadonlyMap<number, number[]> {
  const parts = new Map<number, number[]>();
  entries.forEach(({ node, inputs: [of = -1] }, at) => {
    if (node.source || node.op?.kind !== 'part') return;
    const known = parts.get(of);
    if (known) known.push(at);
    else parts.set(of, [at]);
  });
  return parts;
}

function makeGroup(stored: Stored, at: number, program: FusedExpression | undefined, members = [at]): Group {
  const reads = new Set<number>();
  for (const { operand } of program?.loads ?? []) reads.add(operand.slot);
  if (!program) {
    for (const input of stored.entries[at]?.inputs ?? []) {
      reads.add(storedOperand(stored, input).slot);
    }
  }
  return {
    at,
    members,
    program,
    product: undefined,
    rows: undefined,
    targets: new Map(),
    reads,
    after: new Set(),
  };
}

/** The entry that is the old value of each variable that is read. */
export type VariableSources = ReadonlyMap<VariableState, number>;

function sourcesOf({ entries, sources }: Capture): VariableSources {
  const found = new Map<VariableState, number>();
  for (const at of sources) {
    const source = entries[at]?.node.source;
    if (source?.kind === 'variable' && !found.has(source.state)) found.set(source.state, at);
  }
  return found;
}

/**
 * A variable is written in place by the group that computes its new value, when everybody else who reads the old value or
 * may refuse what it reads can run before, and the group itself reads it at the element that it writes.
 */
function writeVariablesInPlace(capture: Capture, groups: GroupGraph, sources: VariableSources): void {
  const roots = new Map<number, number>();
  for (const { at } of capture.roots) roots.set(at, (roots.get(at) ?? 0) + 1);
  const refusing = [...groups.values()].flatMap(({ at }) => (mayRefuse(capture, at) ? [at] : []));
  for (const root of capture.roots) {
    const group = groups.get(root.at);
    if (!root.target || !group || roots.get(root.at) !== 1) continue;
    const old = sources.get(root.target) ?? -1;
    if (old >= 0 && !ownsPlace(capture, group, old)) continue;
    const earlier = new Set([...groups.readersOf(old), ...refusing].filter((other) => other !== group.at));
    if ([...earlier].some((other) => groups.runsAfter(other, group.at))) continue;
    for (const other of earlier) groups.runAfter(group.at, other);
    group.targets.set(root.at, root.target);
  }
}

function mayRefuse({ entries }: Capture, at: number): boolean {
  const op = entries[at]?.node.op;
  return op?.kind === 'tiled' && op.mayRefuse === true;
}
