// Figures over batches of unequal size: a loss is the mean over the rows, a metric the sum over its count, in float64.

import type { Logs } from './history.ts';
import type { BatchFigures } from './steps.ts';

export class Average {
  readonly #names: readonly string[];
  #rows = 0;
  #loss = 0;
  readonly #sums: number[];
  readonly #counts: number[];

  constructor(metricNames: readonly string[]) {
    this.#names = metricNames;
    this.#sums = metricNames.map(() => 0);
    this.#counts = metricNames.map(() => 0);
  }

  add({ loss, metrics }: BatchFigures, rows: number): void {
    this.#rows += rows;
    this.#loss += loss.item() * rows;
    metrics.forEach(({ sum, count }, i) => {
      this.#sums[i] = (this.#sums[i] ?? 0) + sum.item();
      this.#counts[i] = (this.#counts[i] ?? 0) + count;
    });
  }

  get logs(): Logs {
    const metrics = this.#names.map((name, i) => [name, (this.#sums[i] ?? 0) / (this.#counts[i] ?? 0)] as const);
    return { loss: this.#loss / this.#rows, ...Object.fromEntries(metrics) };
  }
}
