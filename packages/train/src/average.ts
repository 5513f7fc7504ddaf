// Figures over batches of unequal size, in float64: a loss is the mean over the rows, a metric its sum over its count.

import { type RunningMean, runningMean } from '@treadle/metrics';
import type { Logs } from './history.ts';
import type { BatchFigures } from './steps.ts';

export class Average {
  readonly #loss = runningMean();
  readonly #metrics: ReadonlyMap<string, RunningMean>;

  constructor(metricNames: readonly string[]) {
    this.#metrics = new Map(metricNames.map((name) => [name, runningMean()]));
  }

  /** Takes in the figures of a batch of so many rows. */
  add({ loss, metrics }: BatchFigures, rows: number): void {
    this.#loss.add(loss.item() * rows, rows);
    let i = 0;
    for (const mean of this.#metrics.values()) {
      const batch = metrics[i++];
      if (batch) mean.add(batch.sum.item(), batch.count);
    }
  }

  get logs(): Logs {
    const metrics = [...this.#metrics].map(([name, { value }]) => [name, value]);
    return { loss: this.#loss.value, ...Object.fromEntries(metrics) };
  }
}
