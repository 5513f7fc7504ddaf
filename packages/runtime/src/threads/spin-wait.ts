// How a worker waits for its doorbell: it spins (reads the word again and again) while the next run is likely to come soon, and
// otherwise sleeps. A worker that spins for nothing may hold the core that the caller needs. So the caller says what it expects:
// it alone sees the runs that no worker is called to.

import { closed, isSoonWord, sleepersOf } from './run-descriptor.ts';

/** Workers wait awake for runs that follow each other faster than this, and asleep for others. */
export const soonMilliseconds = 0.1;
/** How long a worker spins when no run is expected soon. */
const shortMilliseconds = 0.01;

/** The wait of one worker at one doorbell. */
export class SpinWait {
  readonly #words: Int32Array;
  readonly #doorbell: number;

  constructor(words: Int32Array, doorbell: number) {
    this.#words = words;
    this.#doorbell = doorbell;
  }

  /** Spins for a short while. The run that is open, unless it is `last`; undefined when none was opened. */
  spin(last: number): number | undefined {
    const isSoon = Atomics.load(this.#words, isSoonWord) !== 0;
    const end = performance.now() + (isSoon ? soonMilliseconds : shortMilliseconds);
    do {
      for (let i = 0; i < 64; i++) {
        const run = this.#open(last);
        if (run !== undefined) return run;
      }
    } while (performance.now() < end);
    return undefined;
  }

  /**
   * Sleeps until the doorbell is rung. The run if it is still open; a worker that wakes too late for it spins for the next one.
   */
  sleep(last: number): number | undefined {
    // Counted as asleep before the doorbell is read again: the caller rings first and reads the count afterwards.
    Atomics.add(this.#words, sleepersOf(this.#doorbell), 1);
    const seen = Atomics.load(this.#words, this.#doorbell);
    if (seen === last || seen === closed) Atomics.wait(this.#words, this.#doorbell, seen);
    Atomics.sub(this.#words, sleepersOf(this.#doorbell), 1);
    return this.#open(last);
  }

  /** The run that is open, unless it is the last one that this worker was in. */
  #open(last: number): number | undefined {
    const run = Atomics.load(this.#words, this.#doorbell);
    return run === last || run === closed ? undefined : run;
  }
}
