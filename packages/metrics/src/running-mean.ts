// A mean over batches, added up in float64: sums and counts in, their quotient out.

export interface RunningMean {
  add(sum: number, count: number): void;
  /** Σ sum / Σ count; NaN before anything was added */
  readonly value: number;
  readonly count: number;
  reset(): void;
}

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
