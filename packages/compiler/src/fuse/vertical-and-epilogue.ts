// Fusing groups: an elementwise group is computed inside its only consumer (vertical fusion), or on the regions of a product while
// they are in cache (epilogue). Never where that would make a cycle of groups.

import type { Capture } from '../trace/capture.ts';
import { mayOverwrite, type OldValues, readsElementwise, readsRowByRow } from './group.ts';
import type { GroupGraph } from './group-graph.ts';
import { type FusedExpression, isMustStore, type MustStore } from './lane-expression.ts';
import { mostFused } from './materialize.ts';

/**
 * Vertical fusion: an elementwise group with one reader, an elementwise group of the same shape, is computed there. It is for values
 * that are stored and read once, such as the moments of an optimizer. `expressionOf` gives the expression that computes several
 * entries.
 */
export function fuseVertically(
  capture: Capture,
  groups: GroupGraph,
  oldValues: OldValues,
  expressionOf: (members: readonly number[]) => FusedExpression | MustStore,
): void {
  const lengths = new Map([...groups.values()].map(({ at, expression }) => [at, expression?.ops.length ?? 0]));
  const isElementwise = (at: number): boolean => capture.entries[at]?.node.op?.kind === 'lane';
  for (const group of groups.values()) {
    if (!isElementwise(group.at)) continue;
    for (const at of group.reads) {
      const producer = groups.get(at);
      if (!producer || !isElementwise(at) || !readsElementwise(capture, group, at)) continue;
      if (groups.readersOf(at).size > 1 || groups.fusionMakesCycle(group.at, at)) continue;
      // A variable that one of them overwrites, the other may read only at the element that is being written.
      const old = [...producer.targets.values(), ...group.targets.values()].map((state) => oldValues.get(state) ?? -1);
      if (!old.every((source) => mayOverwrite(capture, producer, source) && mayOverwrite(capture, group, source)))
        continue;
      const length = (lengths.get(group.at) ?? 0) + (lengths.get(at) ?? 0);
      if (length > mostFused) continue;
      const expression = expressionOf([...group.members, ...producer.members]);
      if (isMustStore(expression)) continue;
      lengths.set(group.at, length);
      group.expression = expression;
      group.members.push(...producer.members);
      for (const [member, state] of producer.targets) group.targets.set(member, state);
      groups.absorb(group, at);
    }
  }
}

/** Lets an elementwise group that reads a whole product run on each region of it as soon as the region is computed. */
export function fuseEpilogues(capture: Capture, groups: GroupGraph): void {
  const taken = new Set<number>();
  for (const group of groups.values()) {
    const { node } = capture.entries[group.at] ?? {};
    const isElementwise = node?.op?.kind === 'lane' && group.expression !== undefined && group.targets.size === 0;
    if (!node || !isElementwise || node.shape.length < 2) continue;
    for (const at of group.reads) {
      const product = capture.entries[at]?.node;
      const canTake =
        groups.has(at) && product?.op?.kind === 'tiled' && product.op.takesEpilogue === true && !taken.has(at);
      if (!canTake || !readsRowByRow(capture, group, at)) continue;
      if (groups.fusionMakesCycle(group.at, at)) continue;
      group.product = at;
      taken.add(at);
      groups.absorb(group, at);
      break;
    }
  }
}
