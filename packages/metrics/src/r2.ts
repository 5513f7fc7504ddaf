// The coefficient of determination: how much of the targets' variance a prediction explains. Batches give means and squared
// distances from them, which add up without loss however far the targets are from 0 (T. Chan, G. Golub, R. LeVeque, 1979).

import { full, type OptionKinds, readOptions, stack, type Tensor, tensor, where } from '@treadle/tensor';
import { checkFigures, countedIn, type Metric, pairUp } from './metric.ts';

export interface R2Options {
  /** 'r2' by default */
  readonly name?: string;
}

const r2Options: OptionKinds<R2Options> = {
  name: 'string',
};

/** What is known of one column of targets. */
interface Column {
  /** how many targets it has */
  count: number;
  mean: number;
  /** Σ (y − mean)² */
  spread: number;
  /** Σ (y − p)² */
  residual: number;
}

/**
 * 1 − Σ(y − p)² / Σ(y − ȳ)², the mean over the columns of [n, columns]; 1 is perfect, 0 as good as the mean. A column whose
 * targets are all alike makes it −∞, or NaN if predicted exactly.
 */
export function r2(options: R2Options = {}): Metric {
  const { name = 'r2' } = readOptions('r2', options, r2Options);
  return {
    name,
    update: (yTrue, yPred, mask) => {
      const [target, prediction] = pairUp('r2', tensor(yTrue), tensor(yPred));
      const rows = (x: Tensor): Tensor => {
        const columns = x.rank < 2 ? 1 : (x.shape.at(-1) ?? 1);
        return x.cast('float32').reshape([x.size / Math.max(1, columns), columns]);
      };
      const [y, p] = [rows(target), rows(prediction)];
      const [count = 0, width = 0] = y.shape;
      const counted = mask === undefined ? undefined : rows(countedIn('r2', mask, target)).cast('bool');
      const sum = (x: Tensor): Tensor => (counted ? where(counted, x, 0) : x).sum(0);
      const counts = counted ? counted.cast('float32').sum(0) : full([width], count);
      const mean = sum(y).div(counts.maximum(1));
      const values = stack([counts, mean, sum(y.sub(mean).square()), sum(y.sub(p).square())]); // [4, columns]
      return { values, count };
    },
    total: () => {
      let columns: Column[] = [];
      return {
        add: (values, count) => {
          checkFigures(name, values, count);
          columns = merged(columns, values);
        },
        get value() {
          const explained = columns.map(({ residual, spread }) => 1 - residual / spread);
          return explained.reduce((sum, x) => sum + x, 0) / explained.length;
        },
      };
    },
  };
}

/** Columns of n₁ targets and of n₂ more: m = m₁ + δ·n₂ / n, M = M₁ + M₂ + δ²·n₁·n₂ / n where δ = m₂ − m₁. */
function merged(columns: readonly Column[], values: ArrayLike<number>): Column[] {
  const width = values.length / 4;
  return Array.from({ length: width }, (_, c) => {
    const [count = 0, mean = 0, spread = 0, residual = 0] = [0, 1, 2, 3].map((row) => values[row * width + c]);
    const before = columns[c];
    if (!before || before.count === 0) return { count, mean, spread, residual };
    if (count === 0) return before;
    const delta = mean - before.mean;
    const all = before.count + count;
    return {
      count: all,
      mean: before.mean + (delta * count) / all,
      spread: before.spread + spread + (delta ** 2 * before.count * count) / all,
      residual: before.residual + residual,
    };
  });
}
