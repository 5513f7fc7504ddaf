// Common subexpression elimination: entries that are the same op of the same inputs become one, so that a value which a program, or
// the gradient, writes down twice is computed once. Two sources are never equal, whatever their values are now; nor are two roots,
// each of which has a value of its own. To have something computed a second time, put an op with another key between it and its
// input, as checkpoint does.

import { sameShape } from '@treadle/graph';
import { type Capture, type Entry, reindexed, withEntries } from '../trace/capture.ts';

/** Merges equal entries. */
export function eliminateCommonSubexpressions(capture: Capture): Capture {
  const { entries, roots } = capture;
  const kept: Entry[] = [];
  const known = new EntryTable(kept, entries.length);
  const isRoot = new Set(roots.map(({ at }) => at));
  /** by entry: the position of the one that stands for it */
  const positions = new Int32Array(entries.length);
  entries.forEach((entry, at) => {
    const entryHere = reindexed(entry, positions);
    const hash = known.hashOf(entryHere);
    const equal = known.find(entryHere, hash);
    if (equal >= 0 && !isRoot.has(at)) {
      positions[at] = equal;
      return;
    }
    positions[at] = kept.push(entryHere) - 1;
    if (equal < 0 && !entry.node.source) known.add(positions[at] ?? -1, hash);
  });
  return withEntries(kept, capture, positions);
}

/** A hash table of entries: equal entries have the same op, inputs, shape and dtype. */
class EntryTable {
  readonly #entries: readonly Entry[];
  /** by hash: the entry that was added last; by entry: the one with the same hash before it; −1 if there is none */
  readonly #last: Int32Array;
  readonly #before: Int32Array;
  /** by key of an op: its number */
  readonly #ops = new Map<string, number>();

  /** `entries`: the list to which positions refer, which grows to at most `most`. */
  constructor(entries: readonly Entry[], most: number) {
    this.#entries = entries;
    this.#last = new Int32Array(2 ** Math.ceil(Math.log2(most + 1))).fill(-1);
    this.#before = new Int32Array(most);
  }

  hashOf({ node, inputs }: Entry): number {
    const key = node.op?.key ?? '';
    let hash = this.#ops.get(key);
    if (hash === undefined) {
      hash = this.#ops.size;
      this.#ops.set(key, hash);
    }
    for (const input of inputs) hash = Math.imul(hash ^ input, 0x9e3779b1) ^ (hash >>> 15);
    return (hash ^ (hash >>> 16)) & (this.#last.length - 1);
  }

  /** The position of an equal entry, or −1. A source equals no entry. */
  find({ node, inputs }: Entry, hash: number): number {
    if (node.source) return -1;
    for (let at = this.#last[hash] ?? -1; at >= 0; at = this.#before[at] ?? -1) {
      const other = this.#entries[at];
      const isSame = other?.node.op?.key === node.op?.key && other?.node.dtype === node.dtype;
      if (isSame && other && sameShape(other.node.shape, node.shape) && sameShape(other.inputs, inputs)) return at;
    }
    return -1;
  }

  add(at: number, hash: number): void {
    this.#before[at] = this.#last[hash] ?? -1;
    this.#last[hash] = at;
  }
}
