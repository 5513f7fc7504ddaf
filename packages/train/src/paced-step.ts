// A compiled step that knows how long it takes: a short one runs on the caller's thread, with a turn of the event loop every
// few milliseconds; a long one on the workers, so that timers, servers and progress bars stay alive either way. It does not
// know what a step computes.

import { type Compiled, type Tensor, tensor } from '@treadle/tensor';

/** Longest time for which the event loop waits while steps are short, in milliseconds. */
const sliceMs = 2;
/** Steps that take longer than this leave the event loop free. */
const longStepMs = 2;
/** How much the latest step counts in what the next one is expected to take: little, so that one interruption changes nothing. */
const weightOfLatest = 1 / 4;

/** When the event loop had its last turn from any loop of steps: it does not matter whose steps it waits for. */
let lastTurn = performance.now();

/** Of the whole of some data, and the numbers of the rows that the step is about. */
export type Step<R> = Compiled<[data: readonly Tensor[], rows: Tensor], R>;

export class PacedStep<R> {
  readonly #step: Step<R>;
  /** milliseconds, for each combination of sizes, which has a plan of its own */
  readonly #expected = new Map<string, number>();

  constructor(step: Step<R>) {
    this.#step = step;
  }

  /** The step itself. */
  get step(): Step<R> {
    return this.#step;
  }

  async run(rows: Int32Array, data: readonly Tensor[]): Promise<R> {
    const sizes = `${rows.length} of ${data.map(({ size }) => size)}`;
    const expected = this.#expected.get(sizes);
    const numbers = tensor(rows);
    try {
      const isLong = expected !== undefined && expected > longStepMs;
      if (!isLong && performance.now() - lastTurn > sliceMs) await turnOfEventLoop();
      const began = performance.now();
      const result = isLong ? await this.#step.runAsync(data, numbers) : this.#step(data, numbers);
      const ended = performance.now();
      if (isLong) lastTurn = ended;
      // The first step compiles; how long it took says nothing.
      this.#expected.set(sizes, expected === undefined ? 0 : expected + weightOfLatest * (ended - began - expected));
      return result;
    } finally {
      numbers.dispose();
    }
  }
}

async function turnOfEventLoop(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  lastTurn = performance.now();
}
