// Fusing groups: an elementwise group is computed inside its only consumer (vertical fusion), or on the regions of a product while
// they are in cache (epilogue). Never where that would make a cycle of groups.

import { sizeOf } from '@treadle/graph';
import type { Capture } from '../trace/capture.ts';
import { type Group, mayOverwrite, type OldValues, readsElementwise, readsRowByRow } from './group.ts';
import type { GroupGraph } from './group-graph.ts';
import { type FusedExpression, isMustStore, type MustStore } from './lane-expression.ts';
import { mostFused } from './materialize.ts';

/**
 * From so many nanoseconds an element on, a loop body is longer than the window in which a processor reorders instructions, so it takes
 * the latency of its longest chain. Two loops are faster then, where the chain has such a part in either, and where there are enough
 * elements to pay for another kernel. The gates of an LSTM, then the activation of the cell: 4.9 instead of 6.3 ns an element.
 */
const longCost = 5;
const longPart = 1.5;
const manyElements = 4096;

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
      if (isFasterAlone(capture, group, producer, at)) continue;
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

/** Whether a group takes longer as one with the group that computes an entry which it reads. */
function isFasterAlone(capture: Capture, group: Group, producer: Group, read: number): boolean {
  const shape = capture.entries[read]?.node.shape ?? [];
  const cost = (group.expression?.cost ?? 0) + (producer.expression?.cost ?? 0);
  if (cost < longCost || sizeOf(shape) < manyElements) return false;
  const before = longestChain(capture, producer, [read]);
  return before >= longPart && longestChain(capture, group, group.members, read) >= longPart;
}

/** The nanoseconds of the longest chain of ops that a group evaluates for some entries; with `from`, of those that begin at that entry. */
function longestChain({ entries }: Capture, { reads }: Group, ends: readonly number[], from?: number): number {
  const known = new Map<number, number>();
  const chainTo = (at: number): number => {
    const { node, inputs = [] } = entries[at] ?? {};
    if (at === from) return 0;
    if (!node || node.source || reads.has(at)) return from === undefined ? 0 : Number.NEGATIVE_INFINITY;
    const before = known.get(at);
    if (before !== undefined) return before;
    const longest = Math.max(Number.NEGATIVE_INFINITY, ...inputs.map(chainTo));
    const chain = longest + (node.op?.kind === 'lane' ? node.op.cost : 0);
    known.set(at, chain);
    return chain;
  };
  return Math.max(...ends.map(chainTo));
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
