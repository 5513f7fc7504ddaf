// A compiled step that knows how long it takes: a short one runs on the caller's thread, with a turn of the event loop every
// few milliseconds; a long one on the workers, so that timers, servers and progress bars stay alive either way. It does not
// know what a step computes.

import type { Compiled, Tensor } from '@treadle/tensor';

/** Longest time for which the event loop waits while steps are short, in milliseconds. */
const sliceMs = 2;
/** Steps that take longer than this leave the event loop free. */
const longStepMs = 2;
/** How much the latest step counts in what the next one is expected to take: little, so that one interruption changes nothing. */
const weightOfLatest = 1 / 4;

/** When the event loop had its last turn from any loop of steps: it does not matter whose steps it waits for. */
let lastTurn = performance.now();

export class PacedStep<A extends readonly (Tensor | readonly Tensor[])[], R> {
  readonly #step: Compiled<A, R>;
  /** milliseconds, for each combination of sizes */
  readonly #expected = new Map<string, number>();

  constructor(step: Compiled<A, R>) {
    this.#step = step;
  }

  /** The step itself. */
  get step(): Compiled<A, R> {
    return this.#step;
  }

  /** Takes the step, and tells when its arguments are needed no more. */
  async run(args: A, done?: () => void): Promise<R> {
    const sizes = sizesOf(args);
    const expected = this.#expected.get(sizes);
    try {
      const isLong = expected !== undefined && expected > longStepMs;
      if (!isLong && performance.now() - lastTurn > sliceMs) await turnOfEventLoop();
      const began = performance.now();
      const result = isLong ? await this.#step.runAsync(...args) : this.#step(...args);
      const ended = performance.now();
      if (isLong) lastTurn = ended;
      // The first step of a size may compile; how long it took says nothing.
      this.#expected.set(sizes, expected === undefined ? 0 : expected + weightOfLatest * (ended - began - expected));
      return result;
    } finally {
      done?.();
    }
  }
}

function sizesOf(args: readonly (Tensor | readonly Tensor[])[]): string {
  let sizes = '';
  for (const arg of args) sizes += `${'size' in arg ? arg.size : arg.map(({ size }) => size)} `;
  return sizes;
}

async function turnOfEventLoop(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  lastTurn = performance.now();
}
