// How a worker waits for its bell: it spins while the next run is likely to come soon, and otherwise sleeps. A worker that
// spins without need may hold the core that the caller would run on, so what it expects is what happened last.

import { closed, sleepersOf } from './control.ts';

/** Runs that follow each other faster than this are waited for awake, others asleep. */
const soonMilliseconds = 0.1;
/** How long a worker spins when it expects no run soon. */
const shortMilliseconds = 0.01;

export class Ear {
  readonly #words: Int32Array;
  readonly #bell: number;
  readonly #beforeSleep: () => void;
  #spinMilliseconds = shortMilliseconds;

  constructor(words: Int32Array, bell: number, beforeSleep: () => void) {
    this.#words = words;
    this.#bell = bell;
    this.#beforeSleep = beforeSleep;
  }

  /** Spins for a while, then sleeps. The next pause is expected to be as long as this one. */
  nextRun(last: number): number {
    const begin = performance.now();
    const run = this.#spin(last, begin + this.#spinMilliseconds) ?? this.#sleep(last);
    const isSoon = performance.now() - begin < soonMilliseconds;
    this.#spinMilliseconds = isSoon ? soonMilliseconds : shortMilliseconds;
    return run;
  }

  #spin(last: number, end: number): number | undefined {
    do {
      for (let i = 0; i < 64; i++) {
        const run = Atomics.load(this.#words, this.#bell);
        if (run !== last && run !== closed) return run;
      }
    } while (performance.now() < end);
    return undefined;
  }

  #sleep(last: number): number {
    this.#beforeSleep();
    // Counted as asleep before the bell is read again: the caller rings first and reads the count afterwards.
    Atomics.add(this.#words, sleepersOf(this.#bell), 1);
    let run = Atomics.load(this.#words, this.#bell);
    while (run === last || run === closed) {
      Atomics.wait(this.#words, this.#bell, run);
      run = Atomics.load(this.#words, this.#bell);
    }
    Atomics.sub(this.#words, sleepersOf(this.#bell), 1);
    return run;
  }
}
