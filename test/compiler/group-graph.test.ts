// The graph of groups against exhaustive searches: the order of groups, and which fusions would make a cycle.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Group } from '../../packages/compiler/dist/fuse/group.js';
import { GroupGraph } from '../../packages/compiler/dist/fuse/group-graph.js';

const size = 12;

const groupAt = (at: number, reads: readonly number[]): Group => ({
  at,
  members: [at],
  expression: undefined,
  product: undefined,
  fusedRows: undefined,
  targets: new Map(),
  reads: new Set(reads),
  after: new Set(),
});

/** The earlier groups that each group reads; and pairs of groups to fuse, or to connect by an edge. */
const cases = fc.record({
  reads: fc.array(fc.array(fc.nat(size - 1), { maxLength: 3 }), { minLength: 2, maxLength: size }),
  pairs: fc.array(fc.record({ isJoined: fc.boolean(), a: fc.nat(size - 1), b: fc.nat(size - 1) }), { maxLength: 20 }),
});

/** The graph of groups that read these earlier groups. */
function graphOf(reads: readonly (readonly number[])[]): GroupGraph {
  const before = (list: readonly number[], at: number): number[] => list.filter((read) => read < at);
  return new GroupGraph(reads.map((list, at) => groupAt(at, before(list, at))));
}

/** Whether there is a path from one group to another, or with `isDetour` one over a third group. */
function hasPath(groups: GroupGraph, from: number, to: number, isDetour: boolean): boolean {
  const seen = new Set<number>();
  const stack = [...groups.values()].filter(({ at, after }) => after.has(from) && !(isDetour && at === to));
  for (let group = stack.pop(); group; group = stack.pop()) {
    const { at } = group;
    if (at === to) return true;
    if (seen.has(at)) continue;
    seen.add(at);
    stack.push(...[...groups.values()].filter(({ after }) => after.has(at)));
  }
  return false;
}

function expectOrder(groups: GroupGraph): void {
  const order = groups.inOrder();
  const places = new Map(order.map(({ at }, place) => [at, place]));
  expect(places.size).toBe([...groups.values()].length);
  for (const { at, after } of order) {
    for (const before of after) expect(places.get(before)).toBeLessThan(places.get(at) ?? -1);
  }
}

test('after any fusions and further edges, searches by rank agree with exhaustive ones, and the order respects all edges', () => {
  fc.assert(
    fc.property(cases, ({ reads, pairs }) => {
      const groups = graphOf(reads);
      for (const { isJoined, a, b } of pairs) {
        const [into, other] = [groups.get(a), groups.get(b)];
        if (!into || !other || into === other) continue;
        const [forth, back] = [hasPath(groups, a, b, false), hasPath(groups, b, a, false)];
        expect([groups.runsAfter(b, a), groups.runsAfter(a, b)]).toEqual([forth, back]);
        const fusionMakesCycle = hasPath(groups, a, b, true) || hasPath(groups, b, a, true);
        expect(groups.fusionMakesCycle(a, b)).toBe(fusionMakesCycle);
        if (isJoined && !fusionMakesCycle) {
          into.members.push(...other.members);
          groups.absorb(into, b);
        } else if (!isJoined && !forth) groups.runAfter(a, b);
        expectOrder(groups);
      }
    }),
  );
});

test('readers and producers of entries are those that the groups say, after any fusions', () => {
  fc.assert(
    fc.property(cases, ({ reads, pairs }) => {
      const groups = graphOf(reads);
      for (const { a, b } of pairs) {
        const [into, other] = [groups.get(a), groups.get(b)];
        if (!into || !other || into === other || groups.fusionMakesCycle(a, b)) continue;
        into.members.push(...other.members);
        groups.absorb(into, b);
      }
      reads.forEach((_, entry) => {
        const readers = [...groups.values()].filter((group) => group.reads.has(entry)).map(({ at }) => at);
        expect([...groups.readersOf(entry)].sort((x, y) => x - y)).toEqual(readers);
        expect(groups.producerOf(entry)?.members).toContain(entry);
        expect(groups.producerOf(entry)?.reads.has(entry)).toBe(false);
      });
    }),
  );
});
