// Common subexpression elimination: entries that are the same op of the same inputs become one, so that a value which a program, or
// the gradient, writes down twice is computed once. Two sources are never equal, whatever their values are now; nor are two roots,
// each of which has a value of its own. To have something computed a second time, put an op with another key between it and its
// input, as checkpoint does.

import { type Capture, type Entry, reindexed } from '../trace/capture.ts';

/** Merges equal entries. */
export function eliminateCommonSubexpressions({ entries, sources, roots }: Capture): Capture {
  const kept: Entry[] = [];
  const known = new Map<string, number>();
  const isRoot = new Set(roots.map(({ at }) => at));
  /** by entry: the position of the one that stands for it */
  const positions: number[] = [];
  const positionOf = (at: number): number => positions[at] ?? -1;
  entries.forEach((entry, at) => {
    const { node } = entry;
    const entryHere = reindexed(entry, positionOf);
    const key = node.source || !node.op ? undefined : `${node.op.key}(${entryHere.inputs})[${node.shape}]${node.dtype}`;
    const equal = key === undefined ? undefined : known.get(key);
    if (equal !== undefined && !isRoot.has(at)) {
      positions.push(equal);
      return;
    }
    const position = kept.push(entryHere) - 1;
    positions.push(position);
    if (key !== undefined && equal === undefined) known.set(key, position);
  });
  return {
    entries: kept,
    sources: sources.map(positionOf),
    roots: roots.map(({ at, target }) => ({ at: positionOf(at), target })),
  };
}
