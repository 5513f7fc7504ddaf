// Kernels that follow each other tile by tile: where what a tile of one makes is all that the same tile of another reads of it, and
// the whole of it is more than a cache holds, both run as one kernel. So a matrix of attention is made, normalized and
// multiplied while it is near.

import { inSequence, type Kernel, type Slot } from '@treadle/kernels';
import { isLoop, type Step } from './step.ts';

/** Elements of a buffer that a near cache holds together with others: what two kernels share must have more to be worth it. */
const mostNear = 131_072;
/** Elements of it that a tile may have, so as to find them in a near cache again. */
const mostOfTile = 65_536;
/** Fewer tiles leave threads without work. */
const fewestTiles = 32;

/** Kernels that run as one; a step that cannot be among others is alone. */
type Sequence = { readonly kernels: readonly Kernel[] } | { readonly alone: Step };

/** The same steps, in an order that gives the same, with sequences as one step. */
export function joinSequences(steps: readonly Step[]): readonly Step[] {
  const joined: Sequence[] = [];
  for (const step of steps) {
    if (isLoop(step) || !mayJoin(step)) joined.push({ alone: step });
    else if (!attach(joined, step)) joined.push({ kernels: [step] });
  }
  return joined.map((one): Step => {
    if ('alone' in one) return one.alone;
    const [first, second] = one.kernels;
    return first && !second ? first : inSequence(one.kernels, tilesOf(one.kernels));
  });
}

/** Makes a kernel the last one of a sequence, where there is one that it may follow; whichever can be moved is. */
function attach(joined: Sequence[], kernel: Kernel): boolean {
  for (let at = joined.length - 1; at >= 0; at--) {
    const one = joined[at];
    if (!one || 'alone' in one || !mayFollow(one.kernels, kernel)) continue;
    const between = joined
      .slice(at + 1)
      .flatMap((other): readonly Step[] => ('alone' in other ? [other.alone] : other.kernels));
    const stays = !between.some((other) => conflict(other, kernel));
    if (!stays && between.some((other) => one.kernels.some((member) => conflict(other, member)))) continue;
    joined.splice(at, 1);
    joined.splice(stays ? at : joined.length, 0, { kernels: [...one.kernels, kernel] });
    return true;
  }
  return false;
}

function mayJoin({ inParts, tiles, alike, refusal, window }: Kernel): boolean {
  const isLarge = [...(inParts?.values() ?? [])].some((length) => length > mostNear);
  return isLarge && tiles >= fewestTiles && !alike && !refusal && window !== undefined;
}

function mayFollow(sequence: readonly Kernel[], kernel: Kernel): boolean {
  const tiles = tilesOf([...sequence, kernel]);
  if (tiles < fewestTiles || [...sequence, kernel].some((member) => member.tiles % tiles !== 0)) return false;
  const shared = sequence.flatMap((member) => sharedWith(member, kernel).map((slot) => ({ slot, member })));
  const lengths = shared.map(({ slot, member }) => {
    const length = member.inParts?.get(slot);
    return length === kernel.inParts?.get(slot) ? length : undefined;
  });
  const isDivided = shared.every(
    ({ slot, member }, i) =>
      lengths[i] !== undefined || !(member.writes.includes(slot) || kernel.writes.includes(slot)),
  );
  return isDivided && lengths.some((length = 0) => length > mostNear && length <= mostOfTile * tiles);
}

/** The most tiles that all of them can be cut into, if the fewest of one divide those of the others. */
function tilesOf(kernels: readonly Kernel[]): number {
  return Math.min(...kernels.map(({ tiles }) => tiles));
}

function sharedWith(a: Kernel, b: Kernel): readonly Slot[] {
  const touched = new Set([...b.reads, ...b.writes]);
  return [...new Set([...a.reads, ...a.writes])].filter((slot) => touched.has(slot));
}

/** Whether one of them writes what the other touches. */
function conflict(a: Step, b: Step): boolean {
  const touches = ({ reads, writes }: Step, slots: readonly Slot[]): boolean =>
    slots.some((slot) => reads.includes(slot) || writes.includes(slot));
  return touches(b, a.writes) || touches(a, b.writes);
}
