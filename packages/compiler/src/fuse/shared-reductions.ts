// Joining reductions: several sums over the same axes of arrays of one shape, which read some array in common, become one group,
// so that what they share is read once: Σ dy and Σ dy·(x − mean) of a normalization. Each is combined in its own order, so its
// bits are those that it has alone.

import { sameShape } from '@treadle/graph';
import type { Capture } from '../trace/capture.ts';
import type { Group } from './group.ts';
import type { GroupGraph } from './group-graph.ts';
import { type FusedExpression, isMustStore, type MustStore } from './lane-expression.ts';
import { mostFused } from './materialize.ts';

/** Accumulators of as many reductions stay in registers. */
const mostJoined = 4;
/** Of the reductions that read an array, as many are tried, the latest: where very many read one, the time stays linear. */
const mostTried = 16;

/** `programOf`: the program that computes what several reductions combine. */
export function fuseReductions(
  { entries }: Capture,
  groups: GroupGraph,
  programOf: (inputs: readonly number[]) => FusedExpression | MustStore,
): void {
  const inputOf = (at: number): number => entries[at]?.inputs[0] ?? -1;
  const canJoin = ({ at, program, rows, targets }: Group): boolean =>
    entries[at]?.node.op?.kind === 'reduce' && program !== undefined && !rows && targets.size === 0;
  const isAlike = (a: number, b: number): boolean => {
    const [one, other] = [entries[a]?.node, entries[b]?.node];
    if (one?.op?.kind !== 'reduce' || other?.op?.kind !== 'reduce') return false;
    const shapes = [inputOf(a), inputOf(b)].map((input) => entries[input]?.node.shape ?? []);
    return one.op.key === other.op.key && one.op.axes === other.op.axes && sameShape(shapes[0] ?? [], shapes[1] ?? []);
  };
  const join = (into: Group, group: Group): boolean => {
    if (into.members.length + group.members.length > mostJoined || !isAlike(into.at, group.at)) return false;
    if (groups.runsAfter(group.at, into.at) || groups.runsAfter(into.at, group.at)) return false;
    const members = [...into.members, ...group.members];
    const program = programOf(members.map(inputOf));
    if (isMustStore(program) || program.ops.length > mostFused) return false;
    into.program = program;
    into.members.push(...group.members);
    groups.absorb(into, group.at);
    return true;
  };
  /** for each array, the reductions that read it and that others may still join, in ascending order */
  const open = new Map<number, Group[]>();
  for (const group of groups.values()) {
    if (!canJoin(group)) continue;
    const near = new Set([...group.reads].flatMap((read) => open.get(read) ?? []));
    const into = [...near].sort((a, b) => a.at - b.at).find((other) => join(other, group)) ?? group;
    for (const read of group.reads) {
      const others = (open.get(read) ?? []).filter((other) => other !== into);
      if (into.members.length < mostJoined) others.push(into);
      open.set(read, others.slice(-mostTried));
    }
  }
}
