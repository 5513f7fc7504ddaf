// Figures over batches of unequal size, in float64: a loss is the mean over the rows, a metric what its total makes of them.

import { runningMean, type Total } from '@treadle/metrics';
import type { Logs } from './history.ts';
import type { BatchFigures } from './steps.ts';

export class Average {
  readonly #loss = runningMean();
  readonly #metrics: ReadonlyMap<string, Total>;

  /** `totals` in the order of the batches' metrics */
  constructor(totals: ReadonlyMap<string, Total>) {
    this.#metrics = totals;
  }

  /** Takes in the figures of a batch of so many rows. */
  add({ loss, metrics }: BatchFigures, rows: number): void {
    this.#loss.add(loss.item() * rows, rows);
    let i = 0;
    for (const total of this.#metrics.values()) {
      const batch = metrics[i++];
      if (batch) total.add(batch.values.data(), batch.count);
    }
  }

  get logs(): Logs {
    const metrics = [...this.#metrics].map(([name, { value }]) => [name, value]);
    return { loss: this.#loss.value, ...Object.fromEntries(metrics) };
  }
}
