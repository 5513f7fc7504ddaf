// How long a caller waits for threads that report nothing. What counts is not the time on the clock but what the threads do:
// a stopped process and a tile that computes for minutes use no patience up; a thread that has ended uses up all of it. Linux
// tells how long each thread has computed; elsewhere the time of the whole process stands in for it.

import { readFileSync, readlinkSync } from 'node:fs';

/** A caller asks once in so many milliseconds of waiting. */
export const roundMilliseconds = 100;

/** The number by which Linux knows the calling thread; 0 where there is none. */
export function nativeThread(): number {
  try {
    return Number(readlinkSync('/proc/thread-self').split('/').at(-1));
  } catch {
    return 0;
  }
}

/** The ticks of 10 ms for which a thread has computed, as Linux counts them; undefined when the thread has ended. */
function ticksOf(thread: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'latin1');
    // "id (name) state …": user and system time are the 14th and the 15th field; the name may hold blanks.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return undefined;
  }
}

/** The ticks of 10 ms for which the threads of the process have computed, less those of the main thread, where they are known. */
function ticksOfOthers(): number {
  const { user, system } = process.cpuUsage();
  return Math.round((user + system) / 10_000) - (ticksOf(process.pid) ?? 0);
}

/** Threads that compute for less than this share of the time do nothing but wait. */
const idleShare = 0.02;

export class Timeout {
  readonly #rounds: number;
  readonly #leastTicks: number;
  #idleRounds = 0;
  #progress = -1;
  /** when the idle rounds began */
  #ticks = 0;

  /** `patienceMs`: for how long threads may do nothing. */
  constructor(patienceMs: number) {
    this.#rounds = Math.ceil(patienceMs / roundMilliseconds);
    this.#leastTicks = Math.max(1, (idleShare * patienceMs) / 10);
  }

  /**
   * Whether further waiting is in vain; to be asked once a round. `threads`: the numbers by which the system knows them, ≤ 0
   * where unknown; `progress`: a count that changes when the run gets on.
   */
  isSpent(threads: readonly number[], progress: number): boolean {
    let ticks = threads.some((thread) => thread <= 0) ? ticksOfOthers() : 0;
    for (const thread of threads) {
      if (thread <= 0) continue;
      const own = ticksOf(thread);
      if (own === undefined) return true;
      ticks += own;
    }
    if (progress !== this.#progress || Math.abs(ticks - this.#ticks) >= this.#leastTicks) {
      this.#idleRounds = 0;
      this.#progress = progress;
      this.#ticks = ticks;
    }
    return ++this.#idleRounds > this.#rounds;
  }
}
