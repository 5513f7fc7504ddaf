// A mean over batches, accumulated in float64.

export interface RunningMean {
  /** Adds the sum and the number of the values of a batch. */
  add(sum: number, count: number): void;
  /** Σ sum / Σ count; NaN before anything is added */
  readonly value: number;
  /** Σ count */
  readonly count: number;
  /** Forgets everything. */
  reset(): void;
}

/** A new mean, of nothing. */
export function runningMean(): RunningMean {
  let sum = 0;
  let count = 0;
  return {
    add(batchSum, batchCount) {
      sum += batchSum;
      count += batchCount;
    },
    get value() {
      return sum / count;
    },
    get count() {
      return count;
    },
    reset() {
      sum = 0;
      count = 0;
    },
  };
}
