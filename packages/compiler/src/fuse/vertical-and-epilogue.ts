// Joining groups: elementwise work goes where its data already is, into the pass that reads its result, or onto the regions of a
// matmul while they are in cache. Never where a group would then have to wait for itself.

import type { Capture } from '../trace/capture.ts';
import { ownsPlace, readsByRows, readsPlainly } from './group.ts';
import type { GroupGraph } from './group-graph.ts';
import { type FusedExpression, isMustStore, type MustStore } from './lane-expression.ts';
import type { VariableSources } from './make-groups.ts';
import { mostFused } from './materialize.ts';

/**
 * Lets an elementwise group that one other elementwise group of its shape reads, and nobody else, be computed there: a value
 * that is kept and used once, as the moments of an optimizer are. `programOf`: the program that computes several entries.
 */
export function fuseVertically(
  capture: Capture,
  groups: GroupGraph,
  sources: VariableSources,
  programOf: (members: readonly number[]) => FusedExpression | MustStore,
): void {
  const lengths = new Map([...groups.values()].map(({ at, program }) => [at, program?.ops.length ?? 0]));
  const isLanes = (at: number): boolean => capture.entries[at]?.node.op?.kind === 'lane';
  for (const group of groups.values()) {
    if (!isLanes(group.at)) continue;
    for (const at of group.reads) {
      const maker = groups.get(at);
      if (!maker || !isLanes(at) || !readsPlainly(capture, group, at)) continue;
      if (groups.readersOf(at).size > 1 || groups.wouldWait(group.at, at)) continue;
      // What the maker may overwrite, the reader must read at the same element, and the other way round.
      const old = [...maker.targets.values(), ...group.targets.values()].map((state) => sources.get(state) ?? -1);
      if (!old.every((source) => ownsPlace(capture, maker, source) && ownsPlace(capture, group, source))) continue;
      const length = (lengths.get(group.at) ?? 0) + (lengths.get(at) ?? 0);
      if (length > mostFused) continue;
      const program = programOf([...group.members, ...maker.members]);
      if (isMustStore(program)) continue;
      lengths.set(group.at, length);
      group.program = program;
      group.members.push(...maker.members);
      for (const [member, state] of maker.targets) group.targets.set(member, state);
      groups.absorb(group, at);
    }
  }
}

/** Lets an elementwise reader of a whole matmul result run on each finished region of it. */
export function fuseEpilogues(capture: Capture, groups: GroupGraph): void {
  const joined = new Set<number>();
  for (const group of groups.values()) {
    const { node } = capture.entries[group.at] ?? {};
    const isElementwise = node?.op?.kind === 'lane' && group.program !== undefined && group.targets.size === 0;
    if (!node || !isElementwise || node.shape.length < 2) continue;
    for (const at of group.reads) {
      const product = capture.entries[at]?.node;
      const takes =
        groups.has(at) && product?.op?.kind === 'tiled' && product.op.takesEpilogue === true && !joined.has(at);
      if (!takes || !readsByRows(capture, group, at)) continue;
      if (groups.wouldWait(group.at, at)) continue;
      group.product = at;
      joined.add(at);
      groups.absorb(group, at);
      break;
    }
  }
}
