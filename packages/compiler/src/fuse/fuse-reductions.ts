// Fusing reductions: several sums over the same axes of arrays of one shape, which read an array in common, become one group, so that
// this array is read once: Σ dy and Σ dy·(x − mean) of a normalization. Each sum keeps its own order of combination, so it has the
// same bits as alone.

import { sameShape } from '@treadle/graph';
import type { Capture } from '../trace/capture.ts';
import type { Group } from './group.ts';
import type { GroupGraph } from './group-graph.ts';
import { type FusedExpression, isMustStore, type MustStore } from './lane-expression.ts';
import { mostFused } from './materialize.ts';

/** The accumulators of so many reductions stay in registers. */
const mostReductions = 4;
/** The pass tries only so many of the reductions that read an array, the latest, so that its time stays linear. */
const mostTried = 16;

/** Fuses reductions. `expressionOf` gives the expression that computes the inputs of several reductions. */
export function fuseReductions(
  { entries }: Capture,
  groups: GroupGraph,
  expressionOf: (inputs: readonly number[]) => FusedExpression | MustStore,
): void {
  const inputOf = (at: number): number => entries[at]?.inputs[0] ?? -1;
  const canFuse = ({ at, expression, fusedRows, targets }: Group): boolean =>
    entries[at]?.node.op?.kind === 'reduce' && expression !== undefined && !fusedRows && targets.size === 0;
  const haveSameAxes = (a: number, b: number): boolean => {
    const [one, other] = [entries[a]?.node, entries[b]?.node];
    if (one?.op?.kind !== 'reduce' || other?.op?.kind !== 'reduce') return false;
    const shapes = [inputOf(a), inputOf(b)].map((input) => entries[input]?.node.shape ?? []);
    return one.op.key === other.op.key && one.op.axes === other.op.axes && sameShape(shapes[0] ?? [], shapes[1] ?? []);
  };
  const fuse = (into: Group, group: Group): boolean => {
    if (into.members.length + group.members.length > mostReductions || !haveSameAxes(into.at, group.at)) return false;
    if (groups.runsAfter(group.at, into.at) || groups.runsAfter(into.at, group.at)) return false;
    const members = [...into.members, ...group.members];
    const expression = expressionOf(members.map(inputOf));
    if (isMustStore(expression) || expression.ops.length > mostFused) return false;
    into.expression = expression;
    into.members.push(...group.members);
    groups.absorb(into, group.at);
    return true;
  };
  /** by array: the reductions that read it and can be fused with more, in ascending order */
  const open = new Map<number, Group[]>();
  for (const group of groups.values()) {
    if (!canFuse(group)) continue;
    const near = new Set([...group.reads].flatMap((read) => open.get(read) ?? []));
    const into = [...near].sort((a, b) => a.at - b.at).find((other) => fuse(other, group)) ?? group;
    for (const read of group.reads) {
      const others = (open.get(read) ?? []).filter((other) => other !== into);
      if (into.members.length < mostReductions) others.push(into);
      open.set(read, others.slice(-mostTried));
    }
  }
}
