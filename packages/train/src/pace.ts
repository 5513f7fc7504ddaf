// Who runs the steps of a loop: short ones on the caller's thread, with a turn of the event loop every few milliseconds; long
// ones on the workers, so that timers, servers and progress bars stay alive either way.

import type { Compiled } from '@treadle/tensor';

/** Longest time for which the event loop waits, in milliseconds. */
const sliceMs = 4;
/** Steps that take longer than this leave the event loop free. */
const longStepMs = 2;

export class Pace {
  #sliceBegan = performance.now();
  /** how long the last step took; the first one of a kind compiles, and says nothing */
  #lastMs = 0;
  readonly #known = new Set<number>();

  /** Runs one step; `rows` is its batch's size, for each of which there is a plan. */
  async step<A extends readonly unknown[], R>(f: Compiled<A, R>, rows: number, ...args: A): Promise<R> {
    const began = performance.now();
    if (this.#lastMs > longStepMs) {
      const result = await f.runAsync(...args);
      this.#sliceBegan = performance.now();
      this.#lastMs = this.#sliceBegan - began;
      return result;
    }
    if (began - this.#sliceBegan > sliceMs) {
      await turnOfEventLoop();
      this.#sliceBegan = performance.now();
    }
    const start = performance.now();
    const result = f(...args);
    if (this.#known.has(rows)) this.#lastMs = performance.now() - start;
    this.#known.add(rows);
    return result;
  }
}

function turnOfEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
