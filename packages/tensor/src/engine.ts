// The engine as users see it: threads, instructions of the processor, memory, shutdown.

import { chooseLevel, planCount, StoredValue } from '@treadle/compiler';
import { memory as sharedMemory, team } from '@treadle/runtime';

/**
 * The number of threads that compute: by default one for each core that this process may use.
 *
 * @example
 * ```ts
 * import { setThreads, threads } from 'treadle';
 * setThreads(2);
 * threads(); // → 2
 * ```
 */
export function threads(): number {
  return team.threads();
}

/**
 * Sets the number of threads that compute. Results have the same bits for any number.
 *
 * @throws RangeError unless n is a whole number ≥ 1.
 * @example
 * ```ts
 * import { ones, setThreads } from 'treadle';
 * setThreads(1);
 * ones([4]).sum(); // → 4
 * ```
 */
export function setThreads(n: number): void {
  team.setThreads(n);
}

/** The result of `features`. */
export interface Features {
  /** width in bits of the vectors that the processor works on */
  readonly simd: '128' | '256';
  /** whether matrix products use fused multiply-add, which rounds a product and a sum once */
  readonly fma: boolean;
  /** the number of threads, as threads() */
  readonly threads: number;
  /** speed of the matrix micro-kernel on one thread when it was chosen, in 10⁹ operations a second */
  readonly gflops: number;
}

/**
 * The instructions that the engine found on this machine and chose to use, and the number of threads.
 *
 * @example
 * ```ts
 * import { features, threads } from 'treadle';
 * features().threads === threads(); // → true
 * ```
 */
export function features(): Features {
  const { level, gflops } = chooseLevel();
  return { simd: level.bits === 256 ? '256' : '128', fma: level.fma, threads: team.threads(), gflops };
}

/** The result of `memory`. */
export interface MemoryUse {
  /** bytes that tensors, variables and plans occupy in the shared memory */
  readonly bytesInUse: number;
  /** size of the shared memory in bytes; it grows and does not shrink */
  readonly bytesReserved: number;
  /** number of tensors and variables that have memory of their own */
  readonly tensors: number;
  /** number of compiled plans that are kept */
  readonly plans: number;
}

/**
 * How much memory the engine uses now.
 *
 * @example
 * ```ts
 * import { memory } from 'treadle';
 * const { bytesInUse, bytesReserved } = memory();
 * bytesInUse <= bytesReserved; // → true
 * ```
 */
export function memory(): MemoryUse {
  const { bytesInUse, bytesReserved } = sharedMemory;
  return { bytesInUse, bytesReserved, tensors: StoredValue.count, plans: planCount() };
}

/**
 * Ends the worker threads. A program need not call it: threads do not keep a process alive. Later computations start new threads.
 *
 * @example
 * ```ts
 * import { ones, shutdown } from 'treadle';
 * ones([2]).add(1); // → [2, 2]
 * await shutdown();
 * ```
 */
export function shutdown(): Promise<void> {
  return team.shutdown();
}
