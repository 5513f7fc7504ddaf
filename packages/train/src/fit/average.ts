// The figures of an epoch, accumulated over batches of unequal size in float64: the loss is the mean over rows, metrics have their totals.

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

  /** Adds the figures of a batch of that number of rows; returns its loss. */
  add({ loss, metrics }: BatchFigures, rows: number): number {
    const ofBatch = loss.item();
    this.#loss.add(ofBatch * rows, rows);
    let i = 0;
    for (const total of this.#metrics.values()) {
      const batch = metrics[i++];
      if (batch) total.add(batch.values.data(), batch.count);
    }
    return ofBatch;
  }

  /** The figures as of now; expensive ones are computed when they are first read. */
  get logs(): Logs {
    const logs = { loss: this.#loss.value };
    for (const [name, total] of this.#metrics) {
      const later = total.later?.();
      if (later) defer(logs, name, later);
      else define(logs, name, total.value);
    }
    // console.log would write [Getter]
    Object.defineProperty(logs, Symbol.for('nodejs.util.inspect.custom'), { value: () => ({ ...logs }) });
    return logs;
  }
}

/** An own property that computes its value when it is read, and keeps it. */
function defer(logs: Logs, name: string, compute: () => number): void {
  const get = (): number => {
    const value = compute();
    define(logs, name, value);
    return value;
  };
  Object.defineProperty(logs, name, { get, enumerable: true, configurable: true });
}

function define(logs: Logs, name: string, value: number): void {
  Object.defineProperty(logs, name, { value, enumerable: true, configurable: true, writable: true });
}
