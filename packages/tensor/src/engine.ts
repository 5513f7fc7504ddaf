// The engine as users see it: threads, instructions of the processor, memory, shutdown.

import { chooseLevel, planCount, StoredValue } from '@treadle/compiler';
import { readOptions, show } from '@treadle/graph';
import { host, type Priority, memory as sharedMemory, team } from '@treadle/runtime';

/**
 * The number of threads that compute: what `setThreads` was called with, else what TREADLE_THREADS says in the environment, else one
 * for each core that this process may use. Limits of containers (cgroups) count; of 1.5 CPUs two threads make use.
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

/** The options of `setThreads`. */
export interface ThreadOptions {
  /**
   * 'low' lets other programs go first where they want the same cores, by a nice value of 10. It applies to worker threads: to
   * training, and to other work that is awaited; a call that blocks also computes on the caller's thread. It has no effect outside of
   * Linux. The default is that of the call before, else TREADLE_PRIORITY, else 'normal'.
   */
  readonly priority?: Priority;
}

/**
 * Sets the number of threads of this process that compute. Results have the same bits for any number.
 *
 * @throws RangeError unless n is a whole number from 1 to 1024, and for a priority that is not known.
 * @example
 * ```ts
 * import { ones, setThreads } from 'treadle';
 * setThreads(1, { priority: 'low' });
 * ones([4]).sum(); // → 4
 * ```
 */
export function setThreads(n: number, options: ThreadOptions = {}): void {
  const { priority } = readOptions('setThreads', options, { priority: 'any' });
  if (priority !== undefined && priority !== 'normal' && priority !== 'low')
    throw new RangeError(`setThreads: priority must be "normal" or "low"; got ${show(priority)}`);
  team.setThreads(n, priority);
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
  /** how many threads this process can run at the same time */
  readonly cores: number;
  /** what limits `cores`, where it is a limit of a container or a service, such as a file of cgroups; otherwise undefined */
  readonly coresLimit: string | undefined;
}

/**
 * The instructions that the engine found on this machine and chose to use, the number of threads, and what limits it.
 *
 * @example
 * ```ts
 * import { features, threads } from 'treadle';
 * features().threads === threads(); // → true
 * ```
 */
export function features(): Features {
  const { level, gflops } = chooseLevel();
  return {
    simd: level.bits === 256 ? '256' : '128',
    fma: level.fma,
    threads: team.threads(),
    gflops,
    cores: host.cores(),
    coresLimit: host.coresLimit?.(),
  };
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
