// Cancelling inverses: an entry that has the value of an earlier one, element by element, is replaced by it. Such are an op that undoes
// itself, applied twice; and moves in a row that leave every element in its place, such as two transpositions. A reshape of a reshape
// becomes one. Only what is exact to the bit is replaced, by what every op says of itself: no op is known by name.

import { denseView, isDense, sameShape } from '@treadle/graph';
import { type Capture, type Entry, reindexed, withEntries } from '../trace/capture.ts';

/** Replaces entries by equal earlier ones, and leaves out those that no root needs then. Roots keep entries of their own. */
export function cancelInverses(capture: Capture): Capture {
  const { entries, roots } = capture;
  const isRoot = new Set(roots.map(({ at }) => at));
  const short: Entry[] = [];
  /** by entry: the one that stands for it */
  const same = new Int32Array(entries.length);
  entries.forEach((entry, at) => {
    short.push(mergeReshapes(short, reindexed(entry, same)));
    same[at] = isRoot.has(at) ? at : (equalEntryBefore(short, at) ?? at);
  });
  return removeUnused({ ...capture, entries: short });
}

/** A reshape of a reshape as a reshape of the latter's input. */
function mergeReshapes(entries: readonly Entry[], entry: Entry): Entry {
  const before = entries[entry.inputs[0] ?? -1];
  const isChain = isReshape(entry) && before !== undefined && isReshape(before);
  return isChain ? { node: entry.node, inputs: before.inputs } : entry;
}

function isReshape({ node }: Entry): boolean {
  return !node.source && node.op?.kind === 'move' && node.op.keepsOrder === true;
}

/** The earlier entry that has the same value as `at`; undefined where there is none. */
function equalEntryBefore(entries: readonly Entry[], at: number): number | undefined {
  const entry = entries[at];
  const before = entries[entry?.inputs[0] ?? -1];
  if (!entry || !before || entry.node.source) return undefined;
  const { op, shape } = entry.node;
  if (op?.kind === 'lane') {
    const isUndone = op.undoesItself && !before.node.source && before.node.op?.key === op.key;
    return isUndone ? before.inputs[0] : undefined;
  }
  if (op?.kind !== 'move') return undefined;
  // The moves between this entry and the last one that is not a move.
  const moves = [op];
  let origin = entry.inputs[0] ?? -1;
  for (let from = entries[origin]; from && !from.node.source && from.node.op?.kind === 'move'; from = entries[origin]) {
    moves.push(from.node.op);
    origin = from.inputs[0] ?? -1;
  }
  const whole = entries[origin]?.node.shape;
  if (!whole || !sameShape(whole, shape)) return undefined;
  const view = moves.reduceRight<ReturnType<typeof op.view>>((v, move) => v && move.view(v), denseView(whole));
  return view && view.offset === 0 && isDense(view) ? origin : undefined;
}

/** The capture without the entries that no root needs. Sources stay, because a run binds all of them. */
function removeUnused(capture: Capture): Capture {
  const { entries, roots } = capture;
  const isNeeded = new Uint8Array(entries.length);
  for (const { at } of roots) isNeeded[at] = 1;
  for (let at = entries.length - 1; at >= 0; at--) {
    if (isNeeded[at]) for (const input of entries[at]?.inputs ?? []) isNeeded[input] = 1;
  }
  const positions = new Int32Array(entries.length).fill(-1);
  const kept: Entry[] = [];
  entries.forEach((entry, at) => {
    if (isNeeded[at] || entry.node.source) positions[at] = kept.push(reindexed(entry, positions)) - 1;
  });
  return withEntries(kept, capture, positions);
}
