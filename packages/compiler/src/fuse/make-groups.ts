// From stored entries to groups: each stored entry gets a group, variables are written in place where no other group still needs the
// old value, and groups are fused where that saves a pass over memory. The order of the fusions is fixed: each sees the groups that
// the one before it has made.

import type { VariableState } from '@treadle/graph';
import type { DynamicBatch } from '../dynamic-batch/dynamic-batch.ts';
import { debug } from '../inspect/debug.ts';
import { showGroups } from '../inspect/show-groups.ts';
import type { Capture } from '../trace/capture.ts';
import { fuseReductions } from './fuse-reductions.ts';
import { fuseSiblings } from './fuse-siblings.ts';
import { type Group, mayOverwrite, type OldValues } from './group.ts';
import { GroupGraph } from './group-graph.ts';
import { type FusedExpression, fusedExpression, type StoredEntries, storedOperand } from './lane-expression.ts';
import type { Materialized } from './materialize.ts';
import { fuseRows } from './row-fusion.ts';
import { fuseEpilogues, fuseVertically } from './vertical-and-epilogue.ts';

/** Groups for all stored entries. With `batch`, reductions over the batch stay alone, because they skip the rows that a run lacks. */
export function makeGroups(capture: Capture, { stored, expressions }: Materialized, batch?: DynamicBatch): GroupGraph {
  const results = resultsOf(capture);
  const groups = new GroupGraph(
    [...expressions].map(([at, expression]) => makeGroup(stored, at, expression, results.get(at))),
  );
  const oldValues = oldValuesOf(capture);
  writeVariablesInPlace(capture, groups, oldValues);
  fuseVertically(capture, groups, oldValues, (members) => fusedExpression(stored, members, members));
  fuseEpilogues(capture, groups);
  fuseRows(capture, groups, batch);
  fuseSiblings(capture, groups, (outputs, computed) => fusedExpression(stored, outputs, computed));
  if (!batch) fuseReductions(capture, groups, (inputs) => fusedExpression(stored, inputs, []));
  debug('fuse', 'groups', () => showGroups(capture, groups));
  return groups;
}

/** By entry of an op with several results: the entries that are its results. */
function resultsOf({ entries }: Capture): ReadonlyMap<number, number[]> {
  const results = new Map<number, number[]>();
  entries.forEach(({ node, inputs: [of = -1] }, at) => {
    if (node.source || node.op?.kind !== 'part') return;
    const known = results.get(of);
    if (known) known.push(at);
    else results.set(of, [at]);
  });
  return results;
}

function makeGroup(stored: StoredEntries, at: number, expression: FusedExpression | undefined, members = [at]): Group {
  const reads = new Set<number>();
  for (const { operand } of expression?.loads ?? []) reads.add(operand.slot);
  if (!expression) {
    for (const input of stored.entries[at]?.inputs ?? []) {
      reads.add(storedOperand(stored, input).slot);
    }
  }
  return {
    at,
    members,
    expression,
    product: undefined,
    fusedRows: undefined,
    targets: new Map(),
    reads,
    after: new Set(),
  };
}

function oldValuesOf({ entries, sources }: Capture): OldValues {
  const known = new Map<VariableState, number>();
  for (const at of sources) {
    const source = entries[at]?.node.source;
    if (source?.kind === 'variable' && !known.has(source.state)) known.set(source.state, at);
  }
  return known;
}

/**
 * Lets the group that computes a variable's new value write it in place. Every other group that reads the old value, or that may
 * refuse its input, must be able to run before; the group itself must read each element only to write that element.
 */
function writeVariablesInPlace(capture: Capture, groups: GroupGraph, oldValues: OldValues): void {
  const roots = new Map<number, number>();
  for (const { at } of capture.roots) roots.set(at, (roots.get(at) ?? 0) + 1);
  const refusing = [...groups.values()].flatMap(({ at }) => (mayRefuse(capture, at) ? [at] : []));
  for (const root of capture.roots) {
    const group = groups.get(root.at);
    if (!root.target || !group || roots.get(root.at) !== 1) continue;
    const old = oldValues.get(root.target) ?? -1;
    if (old >= 0 && !mayOverwrite(capture, group, old)) continue;
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
