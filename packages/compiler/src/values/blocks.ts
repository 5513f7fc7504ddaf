// Blocks of the shared memory for values and plans: allocated with a fallback that reclaims memory, and freed only when no run that may
// still use them is under way.

import { type Block, host, memory, mostBytes, team } from '@treadle/runtime';

/** Memory that can be freed between runs and allocated again when it is needed, such as that of plans and of values. */
export interface Reclaimable {
  /** Frees the memory. Called between runs only. */
  reclaim(): void;
}

/** Blocks that were given up while a run was under way, which may still read or write them. */
const waitingFrees: Block[] = [];
/** in the order in which they are asked to free memory */
const reclaimable = new Set<Reclaimable>();

/** Frees a block, after the run that is under way if there is one. */
export function freeBlock(block: Block): void {
  if (team.isRunning) waitingFrees.push(block);
  else memory.free(block);
}

/** Frees the blocks that were given up during a run that is over now. */
export function freeWaiting(): void {
  if (waitingFrees.length === 0) return;
  for (const block of waitingFrees.splice(0)) memory.free(block);
}

/** The same after a run that has failed: when its threads are gone. Frees these blocks as well. */
export async function freeWhenGone(gone: Promise<void>, ...blocks: readonly Block[]): Promise<void> {
  const waiting = waitingFrees.splice(0);
  await gone;
  for (const block of [...blocks, ...waiting]) memory.free(block);
}

/**
 * Allocates a block. If there is no memory left, reclaimable memory is freed first.
 *
 * @throws RangeError if there is not enough memory even then.
 */
export function allocateBlock(bytes: number): Block {
  try {
    return memory.allocate(bytes);
  } catch (error) {
    if (!(error instanceof RangeError) || bytes > mostBytes) throw error;
    if (team.isRunning) {
      if (!host.canWait) throw error;
      team.finish();
    }
    for (const each of [...reclaimable]) each.reclaim();
    team.releaseWorkspace();
    return memory.allocate(bytes);
  }
}

/** Lets allocateBlock reclaim the owner's memory. */
export function markReclaimable(owner: Reclaimable): void {
  reclaimable.add(owner);
}

/** Ends that. */
export function markInUse(owner: Reclaimable): void {
  reclaimable.delete(owner);
}
