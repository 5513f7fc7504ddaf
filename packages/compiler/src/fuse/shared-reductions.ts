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
  for (const group of groups.values()) {
    if (!canJoin(group)) continue;
    const near = new Set([...group.reads].flatMap((read) => [...groups.readersOf(read)]));
    for (const at of [...near].sort((a, b) => a - b)) {
      const other = groups.get(at);
      if (!other || at === group.at || !canJoin(other) || !isAlike(group.at, at)) continue;
      if (group.members.length + other.members.length > mostJoined) continue;
      if (groups.runsAfter(group.at, at) || groups.runsAfter(at, group.at)) continue;
      const members = [...group.members, ...other.members];
      const program = programOf(members.map(inputOf));
      if (isMustStore(program) || program.ops.length > mostFused) continue;
      group.program = program;
      group.members.push(...other.members);
      groups.absorb(group, at);
    }
  }
}
