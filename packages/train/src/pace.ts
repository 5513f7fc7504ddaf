// Who runs the steps of a loop: short ones on the caller's thread, with a turn of the event loop every few milliseconds; long
// ones on the workers, so that timers, servers and progress bars stay alive either way.

import { type Compiled, type Tensor, tensor } from '@treadle/tensor';

/** Longest time for which the event loop waits while steps are short, in milliseconds. */
const sliceMs = 4;
/** Steps that take longer than this leave the event loop free. */
const longStepMs = 2;
/** How much the latest step counts in what the next one is expected to take: little, so that one interruption changes nothing. */
const weightOfLatest = 1 / 4;

export class Pace {
  #sliceBegan = performance.now();
  #expectedMs = 0;
  /** sizes of batches that have a plan: the first step of each compiles, and its time says nothing */
  readonly #known = new Set<number>();

  /** Runs one step of the data and row numbers, the last argument of `f`; they are freed at once. */
  async step<D extends readonly unknown[], R>(
    f: Compiled<readonly [...data: D, rows: Tensor], R>,
    rows: Int32Array,
    ...data: D
  ): Promise<R> {
    const numbers = tensor(rows);
    try {
      if (this.#expectedMs > longStepMs) {
        const began = performance.now();
        const result = await f.runAsync(...data, numbers);
        this.#sliceBegan = performance.now();
        this.#note(rows.length, this.#sliceBegan - began);
        return result;
      }
      let began = performance.now();
      if (began - this.#sliceBegan > sliceMs) {
        await turnOfEventLoop();
        began = performance.now();
        this.#sliceBegan = began;
      }
      const result = f(...data, numbers);
      this.#note(rows.length, performance.now() - began);
      return result;
    } finally {
      numbers.dispose();
    }
  }

  #note(batchSize: number, milliseconds: number): void {
    if (this.#known.has(batchSize)) this.#expectedMs += weightOfLatest * (milliseconds - this.#expectedMs);
    this.#known.add(batchSize);
  }
}

function turnOfEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
