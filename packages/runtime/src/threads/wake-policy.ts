// Whether a run is worth a call to the other threads. Awake they come within a microsecond; asleep they cost the caller a
// system call, and come when much of a short run is over. So a run calls sleeping threads when it gains more than that alone,
// or when runs follow each other so closely that threads would stay awake between them, and what was forgone by not calling
// them adds up to the cost of waking them (the ski-rental rule: at most twice the cost of the best choice in hindsight).

import type { Work } from '../run/program.ts';
import { soonMilliseconds } from './spin-wait.ts';

/** What a phase costs every thread in waiting for the others, in nanoseconds; measured as 350. */
const phaseNanoseconds = 400;
/** The least gain for which threads that are awake are called: opening and closing the run takes about as long. */
const leastGain = 2_000;
/**
 * The gain from which a run alone pays for waking: 15 to 20 µs go by for the caller, and about 45 until somebody comes. Measured
 * with a thread that sleeps: a run of 100 µs, which two that are awake share in 50, takes 110 µs; one of 300 takes 190.
 */
export const wakeNanoseconds = 75_000;

/** Nanoseconds that the work takes one thread. */
export function costOf(work: Work): number {
  return work.flat().reduce((sum, { cost, tiles, times = 1 }) => (tiles === 0 ? sum : sum + times * cost), 0);
}

/** Nanoseconds that so many threads, awake, save of the work. */
export function gainOf(work: Work, threads: number): number {
  if (threads === 1) return 0;
  let gain = 0;
  for (const phase of work) {
    let [cost, tiles, largest] = [0, 0, 0];
    for (const step of phase) {
      if (step.tiles === 0) continue;
      cost += step.cost;
      tiles += step.tiles;
      largest = Math.max(largest, step.cost / step.tiles);
    }
    if (tiles === 0) continue;
    // Tiles of one size go round ⌈tiles/threads⌉ times; no phase is over before its largest tile.
    const shared = Math.max(largest, (cost / tiles) * Math.ceil(tiles / threads));
    gain += (phase[0]?.times ?? 1) * (cost - shared - phaseNanoseconds);
  }
  return Math.max(0, gain);
}

export class WakePolicy {
  /** nanoseconds that sleeping threads would have saved in the runs that followed each other closely */
  #forgone = 0;
  /** when the last run ended that other threads could have helped with */
  #lastEnd = Number.NEGATIVE_INFINITY;
  #isSoon = false;

  /** Whether the last run that `pays` was asked about followed the one before so closely that threads wait awake. */
  get isSoon(): boolean {
    return this.#isSoon;
  }

  /** Whether to call the others to a run that would gain so much and begins now (in milliseconds). */
  pays(gain: number, areAwake: boolean, now: number): boolean {
    if (gain < leastGain) return false;
    this.#isSoon = now - this.#lastEnd < soonMilliseconds;
    if (areAwake || !this.#isSoon) this.#forgone = 0;
    if (!areAwake) this.#forgone += gain;
    if (!areAwake && this.#forgone < wakeNanoseconds) return false;
    this.#forgone = 0;
    return true;
  }

  /** To be told when a run ends that `pays` was asked about. */
  ended(now: number): void {
    this.#lastEnd = now;
  }
}
