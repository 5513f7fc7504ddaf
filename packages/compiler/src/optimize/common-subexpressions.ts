// Merging: entries of a capture that are the same op of the same inputs become one, for a value that is written down twice, by
// a program or by the reverse walk, need be computed once. Sources are told apart, whatever their values are now; so are roots,
// each of which has a value of its own. What is to be computed a second time only needs an input that says so: an op of another
// key, between the value and whatever begins anew.

import { sameShape } from '@treadle/graph';
import { type Capture, type Captured, movedTo, withEntries } from '../trace/capture.ts';

export function eliminateCommonSubexpressions(capture: Capture): Capture {
  const { entries, roots } = capture;
  const kept: Captured[] = [];
  const known = new Known(kept, entries.length);
  const isRoot = new Set(roots.map(({ at }) => at));
  /** where each entry is to be found now */
  const places = new Int32Array(entries.length);
  entries.forEach((entry, at) => {
    const moved = movedTo(entry, places);
    const hash = known.hashOf(moved);
    const equal = known.find(moved, hash);
    if (equal >= 0 && !isRoot.has(at)) {
      places[at] = equal;
      return;
    }
    places[at] = kept.push(moved) - 1;
    if (equal < 0 && !entry.node.source) known.add(places[at] ?? -1, hash);
  });
  return withEntries(kept, capture, places);
}

/** A table of entries by what they do: one op each, of some inputs. */
class Known {
  readonly #entries: readonly Captured[];
  /** the last entry that was added of each hash, and for each the one before it; −1 where there is none */
  readonly #last: Int32Array;
  readonly #before: Int32Array;
  readonly #ops = new Map<string, number>();

  /** `entries`: those of `most` that are kept so far. */
  constructor(entries: readonly Captured[], most: number) {
    this.#entries = entries;
    this.#last = new Int32Array(2 ** Math.ceil(Math.log2(most + 1))).fill(-1);
    this.#before = new Int32Array(most);
  }

  hashOf({ node, inputs }: Captured): number {
    const key = node.op?.key ?? '';
    let hash = this.#ops.get(key);
    if (hash === undefined) {
      hash = this.#ops.size;
      this.#ops.set(key, hash);
    }
    for (const input of inputs) hash = Math.imul(hash ^ input, 0x9e3779b1) ^ (hash >>> 15);
    return (hash ^ (hash >>> 16)) & (this.#last.length - 1);
  }

  /** The position of an entry that does the same, or −1. */
  find({ node, inputs }: Captured, hash: number): number {
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
