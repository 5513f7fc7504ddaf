// Merging: entries of a capture that are the same op of the same inputs become one, for a value that is written down twice, by
// a program or by the reverse walk, need be computed once. Sources are told apart, whatever their values are now; so are roots,
// each of which has a value of its own. What is to be computed a second time only needs an input that says so: an op of another
// key, between the value and whatever begins anew.

import { type Capture, type Captured, movedTo } from '../trace/capture.ts';

export function eliminateCommonSubexpressions({ entries, sources, roots }: Capture): Capture {
  const kept: Captured[] = [];
  const known = new Map<string, number>();
  const isRoot = new Set(roots.map(({ at }) => at));
  /** where each entry is to be found now */
  const places: number[] = [];
  const placeOf = (at: number): number => places[at] ?? -1;
  entries.forEach((entry, at) => {
    const { node } = entry;
    const moved = movedTo(entry, placeOf);
    const key = node.source || !node.op ? undefined : `${node.op.key}(${moved.inputs})[${node.shape}]${node.dtype}`;
    const equal = key === undefined ? undefined : known.get(key);
    if (equal !== undefined && !isRoot.has(at)) {
      places.push(equal);
      return;
    }
    const place = kept.push(moved) - 1;
    places.push(place);
    if (key !== undefined && equal === undefined) known.set(key, place);
  });
  return {
    entries: kept,
    sources: sources.map(placeOf),
    roots: roots.map(({ at, target }) => ({ at: placeOf(at), target })),
  };
}
