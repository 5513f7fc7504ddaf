// How a worker waits for its bell: it spins while the next run is likely to come soon, and otherwise sleeps. A worker that
// spins without need may hold the core that the caller would run on, so the caller says what it expects: it alone sees the
// runs that nobody is called to.

import { closed, paceWord, sleepersOf } from '../run/control.ts';

/** Runs that follow each other faster than this are waited for awake, others asleep. */
export const soonMilliseconds = 0.1;
/** How long a worker spins when no run is expected soon. */
const shortMilliseconds = 0.01;

export class SpinWait {
  readonly #words: Int32Array;
  readonly #bell: number;
  readonly #beforeSleep: () => void;

  constructor(words: Int32Array, bell: number, beforeSleep: () => void) {
    this.#words = words;
    this.#bell = bell;
    this.#beforeSleep = beforeSleep;
  }

  /** Spins for a while, then sleeps. Whoever is woken too late for a run stays awake for the next one. */
  nextRun(last: number): number {
    for (;;) {
      const isSoon = Atomics.load(this.#words, paceWord) !== 0;
      const end = performance.now() + (isSoon ? soonMilliseconds : shortMilliseconds);
      const run = this.#spin(last, end) ?? this.#sleep(last);
      if (run !== undefined) return run;
    }
  }

  #spin(last: number, end: number): number | undefined {
    do {
      for (let i = 0; i < 64; i++) {
        const run = this.#open(last);
        if (run !== undefined) return run;
      }
    } while (performance.now() < end);
    return undefined;
  }

  /** Until the bell is rung: the run, if it is still open. */
  #sleep(last: number): number | undefined {
    this.#beforeSleep();
    // Counted as asleep before the bell is read again: the caller rings first and reads the count afterwards.
    Atomics.add(this.#words, sleepersOf(this.#bell), 1);
    const seen = Atomics.load(this.#words, this.#bell);
    if (seen === last || seen === closed) Atomics.wait(this.#words, this.#bell, seen);
    Atomics.sub(this.#words, sleepersOf(this.#bell), 1);
    return this.#open(last);
  }

  /** The run that is open, unless it is the last one that this worker was in. */
  #open(last: number): number | undefined {
    const run = Atomics.load(this.#words, this.#bell);
    return run === last || run === closed ? undefined : run;
  }
}
