// When to give up waiting for threads that report nothing. What counts is not the time on the clock but what the threads do: a
// process that was stopped, and a tile that computes for minutes, do not use the timeout up; a thread that has ended uses up all
// of it. Where the host cannot tell what each thread has computed, the time of the whole process is used.

import { host } from '#host';

/** How often a caller that waits asks, in milliseconds. */
export const pollMilliseconds = 100;

/** Threads that compute for less than this share of the time only wait. */
const idleShare = 0.02;
const leastMilliseconds = 10;

/** Measures one wait. */
export class Timeout {
  readonly #polls: number;
  /** for how many milliseconds threads have to compute so that the timeout begins again */
  readonly #least: number;
  #idlePolls = 0;
  #progress = -1;
  /** what the threads had computed when the idle polls began, in milliseconds */
  #computed = 0;

  /** `timeoutMs`: for how long threads may do nothing. */
  constructor(timeoutMs: number) {
    this.#polls = Math.ceil(timeoutMs / pollMilliseconds);
    this.#least = Math.max(leastMilliseconds, idleShare * timeoutMs);
  }

  /**
   * Whether to give up; ask once every `pollMilliseconds`. `threads`: the numbers by which the system knows them,
   * ≤ 0 where unknown; `progress`: a count that changes when the run makes progress.
   */
  isOver(threads: readonly number[], progress: number): boolean {
    let computed = threads.some((thread) => thread <= 0) ? host.computedByOthers() : 0;
    for (const thread of threads) {
      if (thread <= 0) continue;
      const own = host.computedBy(thread);
      if (own === undefined) return true;
      computed += own;
    }
    if (progress !== this.#progress || Math.abs(computed - this.#computed) >= this.#least) {
      this.#idlePolls = 0;
      this.#progress = progress;
      this.#computed = computed;
    }
    return ++this.#idlePolls > this.#polls;
  }
}
