// Decides whether a run calls the other threads. A thread that is awake joins within a microsecond. Waking a thread costs the
// caller a system call, and the thread joins when much of a short run is over. So a run calls sleeping threads when it gains
// more than waking costs. It also calls them when runs follow each other so closely that threads would stay awake between them,
// and the time lost by not calling them adds up to the cost of waking: the ski-rental rule, at most twice the cost of the best
// choice in hindsight.

import type { Work } from '../run/program.ts';
import { soonMilliseconds } from './spin-wait.ts';

/** For how many nanoseconds every thread waits for the others at the end of a phase; 350 were measured. */
const phaseNanoseconds = 400;
/** Nanoseconds that a run must gain to call threads that are awake: opening and closing it for them takes about as long. */
const leastGain = 2_000;
/**
 * Nanoseconds that a run must gain to call threads that sleep. Waking takes the caller 15 to 20 µs, and about 45 µs go by until
 * a thread joins. Measured with one thread that sleeps: a run of 100 µs, which two threads that are awake do in 50, takes 110
 * µs; a run of 300 µs takes 190.
 */
export const wakeNanoseconds = 75_000;

/** Nanoseconds that the work takes one thread. */
export function costOf(work: Work): number {
  return work.flat().reduce((sum, { cost, tiles, times = 1 }) => (tiles === 0 ? sum : sum + times * cost), 0);
}

/** Nanoseconds that this number of threads saves, when all are awake. */
export function gainOf(work: Work, threads: number): number {
  if (threads === 1) return 0;
  let gain = 0;
  for (const phase of work) {
    let [cost, tiles, largest] = [0, 0, 0];
    for (const kernel of phase) {
      if (kernel.tiles === 0) continue;
      cost += kernel.cost;
      tiles += kernel.tiles;
      largest = Math.max(largest, kernel.cost / kernel.tiles);
    }
    if (tiles === 0) continue;
    // With tiles of one size, each thread runs up to ⌈tiles / threads⌉ of them; no phase is over before its largest tile.
    const shared = Math.max(largest, (cost / tiles) * Math.ceil(tiles / threads));
    gain += (phase[0]?.times ?? 1) * (cost - shared - phaseNanoseconds);
  }
  return Math.max(0, gain);
}

/** The decisions for the runs of one team. */
export class WakePolicy {
  /** nanoseconds that threads, had they been awake, would have saved in the latest runs that followed each other closely */
  #forgone = 0;
  /** when the last run ended that gains from other threads, in milliseconds */
  #lastEnd = Number.NEGATIVE_INFINITY;
  #isSoon = false;

  /** Whether the run that `pays` was last asked about followed the one before so closely that threads wait awake. */
  get isSoon(): boolean {
    return this.#isSoon;
  }

  /** Whether to call the other threads to a run that begins `now` (in milliseconds) and would gain `gain` nanoseconds. */
  pays(gain: number, areAwake: boolean, now: number): boolean {
    if (gain < leastGain) return false;
    this.#isSoon = now - this.#lastEnd < soonMilliseconds;
    if (areAwake || !this.#isSoon) this.#forgone = 0;
    if (!areAwake) this.#forgone += gain;
    if (!areAwake && this.#forgone < wakeNanoseconds) return false;
    this.#forgone = 0;
    return true;
  }

  /** Call this with the time in milliseconds when a run ends that `pays` was asked about. */
  ended(now: number): void {
    this.#lastEnd = now;
  }
}
