// The groups of a plan and their order. An edge says that one group must run before another. Every group has a rank, and ranks grow
// along every edge, so a search for a path visits only groups whose ranks lie between those of its ends. An edge that contradicts
// the ranks moves the few groups between its ends (D. J. Pearce and P. H. J. Kelly, A dynamic topological sort algorithm for
// directed acyclic graphs, 2006). Producers and readers of entries are indexed, so a pass over all groups takes time proportional to
// groups and edges. Invariant: the graph has no cycle.

import type { Group } from './group.ts';

/** A search that has visited so many groups assumes that there is a path: groups so far apart are not worth fusing. */
const longestSearch = 256;

const none: ReadonlySet<number> = new Set();

/** The groups of a plan as a graph; groups are known by their entries. */
export class GroupGraph {
  /** by entry, in ascending order */
  readonly #groups = new Map<number, Group>();
  /** by entry: the groups that read it */
  readonly #readers = new Map<number, Set<number>>();
  /** by entry that a group computes, even if only for its own epilogue: that group */
  readonly #producers = new Map<number, number>();
  /** by group: the groups that must run after it */
  readonly #followers = new Map<number, Set<number>>();
  readonly #ranks = new Map<number, number>();

  /** Takes groups in an order in which each reads only what those before it compute. */
  constructor(groups: Iterable<Group>) {
    for (const group of groups) {
      const { at, reads, members } = group;
      this.#groups.set(at, group);
      for (const entry of [at, ...members]) this.#producers.set(entry, at);
      this.#ranks.set(at, this.#ranks.size);
      for (const read of reads) {
        addTo(this.#readers, read, at);
        const producer = this.producerOf(read);
        if (producer) this.runAfter(at, producer.at);
      }
    }
  }

  get(at: number): Group | undefined {
    return this.#groups.get(at);
  }

  has(at: number): boolean {
    return this.#groups.has(at);
  }

  values(): Iterable<Group> {
    return this.#groups.values();
  }

  /** The groups that read an entry. */
  readersOf(entry: number): ReadonlySet<number> {
    return this.#readers.get(entry) ?? none;
  }

  /** The group that computes an entry. */
  producerOf(entry: number): Group | undefined {
    return this.#groups.get(this.#producers.get(entry) ?? -1);
  }

  /** Adds an edge: group `a` runs after group `b`. There must be no path from `a` to `b`. */
  runAfter(a: number, b: number): void {
    if (this.#rank(b) > this.#rank(a)) this.#reorder(b, a);
    this.#groups.get(a)?.after.add(b);
    addTo(this.#followers, b, a);
  }

  /** Whether there is a path from group `b` to group `a`, or ruling that out takes too long. */
  runsAfter(a: number, b: number): boolean {
    return this.#followers.get(b)?.has(a) || this.#hasDetour(b, a);
  }

  /** Whether fusing two groups would make a cycle: a path between them leads over a third group. */
  fusionMakesCycle(a: number, b: number): boolean {
    return this.#rank(a) < this.#rank(b) ? this.#hasDetour(a, b) : this.#hasDetour(b, a);
  }

  /** Merges group `at` into `into`, which takes over its edges, reads and members. */
  absorb(into: Group, at: number): void {
    const group = this.#groups.get(at);
    if (!group) throw new Error('internal: no such group');
    for (const before of group.after) {
      this.#followers.get(before)?.delete(at);
      if (before !== into.at) this.runAfter(into.at, before);
    }
    for (const read of group.reads) {
      this.#readers.get(read)?.delete(at);
      this.#read(into, read);
    }
    for (const entry of [at, ...group.members]) this.#producers.set(entry, into.at);
    for (const entry of [at, ...group.members, ...into.members]) this.#unread(into, entry);
    this.#groups.delete(at);
    for (const follower of this.#followers.get(at) ?? none) {
      this.#groups.get(follower)?.after.delete(at);
      if (follower !== into.at) this.runAfter(follower, into.at);
    }
    this.#followers.delete(at);
  }

  /** The groups in topological order. */
  inOrder(): readonly Group[] {
    const order: Group[] = [];
    const entered = new Set<number>();
    const enter = (at: number): { group: Group; rest: Iterator<number> }[] => {
      const group = this.#groups.get(at);
      if (!group || entered.has(at)) return [];
      entered.add(at);
      return [{ group, rest: group.after.values() }];
    };
    for (const start of this.#groups.keys()) {
      const stack = enter(start);
      for (let top = stack.at(-1); top; top = stack.at(-1)) {
        const next = top.rest.next();
        if (!next.done) stack.push(...enter(next.value));
        else {
          order.push(top.group);
          stack.pop();
        }
      }
    }
    return order;
  }

  #read(group: Group, entry: number): void {
    group.reads.add(entry);
    addTo(this.#readers, entry, group.at);
  }

  #unread(group: Group, entry: number): void {
    if (group.reads.delete(entry)) this.#readers.get(entry)?.delete(group.at);
  }

  #rank(at: number): number {
    return this.#ranks.get(at) ?? -1;
  }

  /** Whether there is a path from one group to another over a third. */
  #hasDetour(from: number, to: number): boolean {
    const last = this.#rank(to);
    const stack = [...(this.#followers.get(from) ?? none)].filter((at) => at !== to);
    const seen = new Set<number>();
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (this.#rank(at) >= last || seen.has(at)) continue;
      if (seen.size >= longestSearch) return true;
      seen.add(at);
      const followers = this.#followers.get(at) ?? none;
      if (followers.has(to)) return true;
      stack.push(...followers);
    }
    return false;
  }

  /** Changes ranks so that `first`, which is ranked after `second`, comes before it. Only groups ranked between them move. */
  #reorder(first: number, second: number): void {
    const [low, high] = [this.#rank(second), this.#rank(first)];
    const behind = this.#collect(second, (at) => this.#followers.get(at) ?? none, low, high);
    if (behind.includes(first)) throw new Error('internal: a cycle of groups');
    const before = this.#collect(first, (at) => this.#groups.get(at)?.after ?? none, low, high);
    const moved = [...before, ...behind];
    const ranks = moved.map((at) => this.#rank(at)).sort((a, b) => a - b);
    moved.forEach((at, i) => {
      this.#ranks.set(at, ranks[i] ?? 0);
    });
  }

  /** The groups that are reached from one within a range of ranks, in the order of their ranks. */
  #collect(from: number, next: (at: number) => ReadonlySet<number>, low: number, high: number): readonly number[] {
    const seen = new Set<number>([from]);
    const stack = [from];
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      for (const other of next(at)) {
        const rank = this.#rank(other);
        if (seen.has(other) || rank < low || rank > high) continue;
        seen.add(other);
        stack.push(other);
      }
    }
    return [...seen].sort((a, b) => this.#rank(a) - this.#rank(b));
  }
}

function addTo(sets: Map<number, Set<number>>, key: number, value: number): void {
  const known = sets.get(key);
  if (known) known.add(value);
  else sets.set(key, new Set([value]));
}
