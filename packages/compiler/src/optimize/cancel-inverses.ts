// Shortening: ways through a capture that lead back to where they began are left out. What undoes itself, applied twice; moves
// one after the other that leave every element in its place, such as two transpositions; a reshape of a reshape, whose first
// shape nobody needs. Only what is exact to the bit, and what every op says of itself: no op is known by name.

import { denseView, isDense, sameShape } from '@treadle/graph';
import { type Capture, type Captured, movedTo, withEntries } from '../trace/capture.ts';

export function cancelInverses(capture: Capture): Capture {
  const { entries, roots } = capture;
  const isRoot = new Set(roots.map(({ at }) => at));
  const short: Captured[] = [];
  /** the entry that has the same value as each */
  const same = new Int32Array(entries.length);
  entries.forEach((entry, at) => {
    short.push(skipReshape(short, movedTo(entry, same)));
    same[at] = isRoot.has(at) ? at : (originOf(short, at) ?? at);
  });
  return dropUnread({ ...capture, entries: short });
}

/** A reshape without the reshape before it. */
function skipReshape(entries: readonly Captured[], entry: Captured): Captured {
  const before = entries[entry.inputs[0] ?? -1];
  const isChain = isReshape(entry) && before !== undefined && isReshape(before);
  return isChain ? { node: entry.node, inputs: before.inputs } : entry;
}

function isReshape({ node }: Captured): boolean {
  return !node.source && node.op?.kind === 'move' && node.op.keepsOrder === true;
}

/** The entry behind `at` whose value it has, unchanged; undefined where there is none. */
function originOf(entries: readonly Captured[], at: number): number | undefined {
  const entry = entries[at];
  const before = entries[entry?.inputs[0] ?? -1];
  if (!entry || !before || entry.node.source) return undefined;
  const { op, shape } = entry.node;
  if (op?.kind === 'lane') {
    const isUndone = op.undoesItself && !before.node.source && before.node.op?.key === op.key;
    return isUndone ? before.inputs[0] : undefined;
  }
  if (op?.kind !== 'move') return undefined;
  // The moves from the last value that is computed, or lies in memory, up to here.
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

/** Without the entries that no root needs; sources stay, for runs bind all of them. */
function dropUnread(capture: Capture): Capture {
  const { entries, roots } = capture;
  const isNeeded = new Uint8Array(entries.length);
  for (const { at } of roots) isNeeded[at] = 1;
  for (let at = entries.length - 1; at >= 0; at--) {
    if (isNeeded[at]) for (const input of entries[at]?.inputs ?? []) isNeeded[input] = 1;
  }
  const places = new Int32Array(entries.length).fill(-1);
  const kept: Captured[] = [];
  entries.forEach((entry, at) => {
    if (isNeeded[at] || entry.node.source) places[at] = kept.push(movedTo(entry, places)) - 1;
  });
  return withEntries(kept, capture, places);
}
