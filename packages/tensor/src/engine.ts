// The engine as users see it: how many threads work, which instructions were found, how much memory is in use, and its end.

import { chooseLevel, planCount, StoredValue } from '@treadle/compiler';
import { memory as sharedMemory, team } from '@treadle/runtime';

/** How many threads work; the cores that this process may use, by default. */
export function threads(): number {
  return team.threads();
}

/** Sets how many threads work: a whole number ≥ 1 (RangeError otherwise). Results do not depend on it. */
export function setThreads(n: number): void {
  team.setThreads(n);
}

export interface Features {
  /** bits of a vector that the processor works on at once */
  readonly simd: '128' | '256';
  /** whether a product and a sum are rounded once in matrix products */
  readonly fma: boolean;
  readonly threads: number;
  /** what the micro-kernel reached on one thread when it was chosen, in 10⁹ operations a second */
  readonly gflops: number;
}

/** What the engine found and chose on this machine. */
export function features(): Features {
  const { level, gflops } = chooseLevel();
  return { simd: level.bits === 256 ? '256' : '128', fma: level.fma, threads: team.threads(), gflops };
}

export interface MemoryUse {
  /** bytes of all tensors, variables and plans in the shared memory */
  readonly bytesInUse: number;
  /** bytes that the shared memory has grown to */
  readonly bytesReserved: number;
  /** how many tensors and variables have memory of their own */
  readonly tensors: number;
  /** how many plans are kept */
  readonly plans: number;
}

export function memory(): MemoryUse {
  const { bytesInUse, bytesReserved } = sharedMemory;
  return { bytesInUse, bytesReserved, tensors: StoredValue.count, plans: planCount() };
}

/** Ends the threads. A program that never calls it exits all the same; one that goes on computing starts new ones. */
export function shutdown(): Promise<void> {
  return team.shutdown();
}
