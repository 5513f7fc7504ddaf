// Kernels that follow each other tile by tile: where what a tile of one makes is all that the same tile of another reads of it, and
// the whole of it is more than a cache holds, both run as one kernel. So a matrix of attention is made, normalized and
// multiplied while it is near.

import { chainKernels, type Kernel, type Slot } from '@treadle/kernels';
import { isLoop, type Step } from './step.ts';

/** Bytes of a buffer that a near cache holds together with others: what two kernels share must have more to be worth it. */
const mostNear = 524_288;
/** Bytes of it that a tile may have, so as to find them in a near cache again. */
const mostOfTile = 262_144;
/** Fewer tiles leave threads without work. */
const fewestTiles = 32;

/** Kernels that run as one; a step that cannot be among others is alone. */
type Sequence = { readonly kernels: readonly Kernel[] } | { readonly alone: Step };

/**
 * The same steps, in an order that gives the same, with sequences as one step. What only a sequence touches of the `rooms`, which
 * nobody knows outside of the steps, is kept for one tile at a time.
 */
export function chainTiles(steps: readonly Step[], rooms: ReadonlySet<Slot>): readonly Step[] {
  const joined: Sequence[] = [];
  for (const step of steps) {
    joined.push(isLoop(step) || !mayJoin(step) ? { alone: step } : { kernels: [step] });
    for (let at = joined.length - 1; at >= 0; ) at = joinEarlier(joined, at);
  }
  const touching = new Map<Slot, number>();
  for (const { reads, writes } of steps) {
    for (const slot of new Set([...reads, ...writes])) touching.set(slot, (touching.get(slot) ?? 0) + 1);
  }
  return joined.map((one): Step => {
    if ('alone' in one) return one.alone;
    const { kernels } = one;
    const [first, second] = kernels;
    if (first && !second) return first;
    return chainKernels(kernels, tilesOf(kernels), ownOf(kernels, rooms, touching));
  });
}

/** Joins a sequence to one before it, if there is one that it may follow; whichever can be moved is. Returns where it is then, or −1. */
function joinEarlier(joined: Sequence[], at: number): number {
  const later = joined[at];
  if (!later || 'alone' in later) return -1;
  for (let i = at - 1; i >= 0; i--) {
    const earlier = joined[i];
    if (!earlier || 'alone' in earlier || !mayFollow(earlier.kernels, later.kernels)) continue;
    const between = joined.slice(i + 1, at).flatMap(stepsOf);
    const hinders = ({ kernels }: { readonly kernels: readonly Kernel[] }): boolean =>
      between.some((other) => kernels.some((kernel) => conflict(other, kernel)));
    const to = hinders(later) ? at : i;
    if (to === at && hinders(earlier)) continue;
    joined[to] = { kernels: [...earlier.kernels, ...later.kernels] };
    joined.splice(to === at ? i : at, 1);
    return to === at ? at - 1 : i;
  }
  return -1;
}

function stepsOf(one: Sequence): readonly Step[] {
  return 'alone' in one ? [one.alone] : one.kernels;
}

/** The rooms that nobody touches but these kernels, which begin by writing it, each tile its part. */
function ownOf(
  kernels: readonly Kernel[],
  rooms: ReadonlySet<Slot>,
  touching: ReadonlyMap<Slot, number>,
): ReadonlyMap<Slot, number> {
  const own = new Map<Slot, number>();
  for (const slot of new Set(kernels.flatMap(({ writes }) => writes))) {
    const here = kernels.filter(({ reads, writes }) => reads.includes(slot) || writes.includes(slot));
    const length = here[0]?.inParts?.get(slot);
    const isOwn = rooms.has(slot) && here.length === touching.get(slot) && here[0]?.reads.includes(slot) === false;
    if (isOwn && length !== undefined && here.every(({ inParts }) => inParts?.get(slot) === length))
      own.set(slot, length);
  }
  return own;
}

function mayJoin({ inParts, tiles, alike, refusal, window }: Kernel): boolean {
  const isLarge = [...(inParts?.values() ?? [])].some((length) => length > mostNear);
  return isLarge && tiles >= fewestTiles && !alike && !refusal && window !== undefined;
}

function mayFollow(earlier: readonly Kernel[], later: readonly Kernel[]): boolean {
  const all = [...earlier, ...later];
  const tiles = tilesOf(all);
  if (tiles < fewestTiles || all.some((kernel) => kernel.tiles % tiles !== 0)) return false;
  let isWorthIt = false;
  for (const a of earlier) {
    for (const b of later) {
      for (const slot of sharedBy(a, b)) {
        const length = a.inParts?.get(slot);
        const isDivided = length !== undefined && length === b.inParts?.get(slot);
        if (!isDivided && (a.writes.includes(slot) || b.writes.includes(slot))) return false;
        isWorthIt ||= isDivided && length > mostNear && length <= mostOfTile * tiles;
      }
    }
  }
  return isWorthIt;
}

/** The most tiles that all of them can be cut into, if the fewest of one divide those of the others. */
function tilesOf(kernels: readonly Kernel[]): number {
  return Math.min(...kernels.map(({ tiles }) => tiles));
}

function sharedBy(a: Kernel, b: Kernel): readonly Slot[] {
  const touched = new Set([...b.reads, ...b.writes]);
  return [...new Set([...a.reads, ...a.writes])].filter((slot) => touched.has(slot));
}

/** Whether one of them writes what the other touches. */
function conflict(a: Step, b: Step): boolean {
  const touches = ({ reads, writes }: Step, slots: readonly Slot[]): boolean =>
    slots.some((slot) => reads.includes(slot) || writes.includes(slot));
  return touches(b, a.writes) || touches(a, b.writes);
}
