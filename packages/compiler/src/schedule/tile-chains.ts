// Tile chains: kernels that run as one, tile by tile. Tile t of the first kernel writes all that tile t of the next one reads of a
// buffer, and the whole buffer is larger than a near cache. So a matrix of attention scores is computed, normalized and multiplied
// while it is in cache, and is never written as a whole.

import { chainKernels, type Kernel, type Slot } from '@treadle/kernels';
import { isLoop, type KernelOrLoop } from './phase.ts';

/** Bytes of a buffer that fit in a near cache beside others. Kernels are chained only where they share a larger buffer. */
const mostNear = 524_288;
/** The most bytes of it for each tile, so that the next kernel finds them in a near cache. */
const mostOfTile = 262_144;
/** Fewer tiles leave threads without work. */
const fewestTiles = 32;

/** Kernels that run as one, or a kernel or loop that cannot be chained. */
type Chain = { readonly kernels: readonly Kernel[] } | { readonly alone: KernelOrLoop };

/**
 * The kernels and loops, with each chain as one, in an order with the same results. Buffers among the `intermediates` that only one chain
 * touches shrink to what a tile needs, in the scratch memory of each thread.
 */
export function chainTiles(
  kernels: readonly KernelOrLoop[],
  intermediates: ReadonlySet<Slot>,
): readonly KernelOrLoop[] {
  const chains: Chain[] = [];
  for (const kernel of kernels) {
    chains.push(isLoop(kernel) || !mayChain(kernel) ? { alone: kernel } : { kernels: [kernel] });
    for (let at = chains.length - 1; at >= 0; ) at = appendToEarlier(chains, at);
  }
  if (chains.every((chain) => 'alone' in chain)) return kernels;
  const touching = new Map<Slot, number>();
  for (const { reads, writes } of kernels) {
    for (const slot of new Set([...reads, ...writes])) touching.set(slot, (touching.get(slot) ?? 0) + 1);
  }
  return chains.map((one): KernelOrLoop => {
    if ('alone' in one) return one.alone;
    const { kernels } = one;
    const [first, second] = kernels;
    if (first && !second) return first;
    return chainKernels(kernels, tilesOf(kernels), ownBuffersOf(kernels, intermediates, touching));
  });
}

/** Appends a chain to an earlier one that it may follow; either is moved to the other. Returns the new position, or −1. */
function appendToEarlier(chains: Chain[], at: number): number {
  const later = chains[at];
  if (!later || 'alone' in later) return -1;
  for (let i = at - 1; i >= 0; i--) {
    const earlier = chains[i];
    if (!earlier || 'alone' in earlier || !mayFollow(earlier.kernels, later.kernels)) continue;
    const between = chains.slice(i + 1, at).flatMap(membersOf);
    const blocks = ({ kernels }: { readonly kernels: readonly Kernel[] }): boolean =>
      between.some((other) => kernels.some((kernel) => conflict(other, kernel)));
    const to = blocks(later) ? at : i;
    if (to === at && blocks(earlier)) continue;
    chains[to] = { kernels: [...earlier.kernels, ...later.kernels] };
    chains.splice(to === at ? i : at, 1);
    return to === at ? at - 1 : i;
  }
  return -1;
}

function membersOf(one: Chain): readonly KernelOrLoop[] {
  return 'alone' in one ? [one.alone] : one.kernels;
}

/** The intermediates that only these kernels touch, and that their first kernel writes, each tile its part; with elements in all. */
function ownBuffersOf(
  kernels: readonly Kernel[],
  intermediates: ReadonlySet<Slot>,
  touching: ReadonlyMap<Slot, number>,
): ReadonlyMap<Slot, number> {
  const own = new Map<Slot, number>();
  for (const slot of new Set(kernels.flatMap(({ writes }) => writes))) {
    const here = kernels.filter(({ reads, writes }) => reads.includes(slot) || writes.includes(slot));
    const length = here[0]?.inParts?.get(slot);
    const isOwn =
      intermediates.has(slot) && here.length === touching.get(slot) && here[0]?.reads.includes(slot) === false;
    if (isOwn && length !== undefined && here.every(({ inParts }) => inParts?.get(slot) === length))
      own.set(slot, length);
  }
  return own;
}

function mayChain({ inParts, tiles, multiTensor, refusal, addressList }: Kernel): boolean {
  const isLarge = [...(inParts?.values() ?? [])].some((length) => length > mostNear);
  return isLarge && tiles >= fewestTiles && !multiTensor && !refusal && addressList !== undefined;
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

/** The number of tiles of a chain: the fewest of any of its kernels. */
function tilesOf(kernels: readonly Kernel[]): number {
  return Math.min(...kernels.map(({ tiles }) => tiles));
}

function sharedBy(a: Kernel, b: Kernel): readonly Slot[] {
  const touched = new Set([...b.reads, ...b.writes]);
  return [...new Set([...a.reads, ...a.writes])].filter((slot) => touched.has(slot));
}

/** Whether one writes what the other touches. */
function conflict(a: KernelOrLoop, b: KernelOrLoop): boolean {
  const touches = ({ reads, writes }: KernelOrLoop, slots: readonly Slot[]): boolean =>
    slots.some((slot) => reads.includes(slot) || writes.includes(slot));
  return touches(b, a.writes) || touches(a, b.writes);
}
