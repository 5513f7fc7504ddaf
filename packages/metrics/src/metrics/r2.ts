// r2: the coefficient of determination, the share of the variance of targets that predictions explain. Batches give means and sums of
// squared distances from them, which are merged without loss of digits (T. Chan, G. Golub, R. LeVeque, 1979).

import { alignShapes } from '@treadle/losses';
import { configOf, full, stack, type Tensor, tensor, where } from '@treadle/tensor';
import { broadcastMask, checkFigures, type Metric } from '../metric/metric.ts';
import { type MetricOptions, readName } from '../metric/metric-options.ts';

/** The statistics of one column of targets. */
interface Column {
  /** the number of targets */
  count: number;
  /** the mean of the targets */
  mean: number;
  /** Σ (y − mean)² */
  spread: number;
  /** Σ (y − p)² */
  residual: number;
}

/**
 * 1 − Σ(y − p)² / Σ(y − ȳ)², averaged over the columns of yTrue and yPred [n, columns]: 1 is perfect, 0 is as good as the mean. A column
 * with equal targets makes it −∞, or NaN if they are predicted exactly. Throws RangeError for an option that does not exist; `update`
 * throws ShapeError for shapes that do not fit.
 *
 * @example
 * ```ts
 * import { metrics } from 'treadle';
 * const metric = metrics.r2();
 * const { values, count } = metric.update([[1], [3]], [[1], [2]]);
 * const total = metric.total();
 * total.add(values.data(), count);
 * total.value; // → 0.5
 * ```
 */
export function r2(options: MetricOptions = {}): Metric {
  const name = readName('r2', options);
  return {
    config: () => configOf('r2', options),
    name,
    update: (yTrue, yPred, mask) => {
      const { target, prediction } = alignShapes('r2', tensor(yTrue), tensor(yPred));
      const asColumns = (x: Tensor): Tensor => {
        const columns = x.rank < 2 ? 1 : (x.shape.at(-1) ?? 1);
        return x.cast('float32').reshape([x.size / Math.max(1, columns), columns]);
      };
      const [y, p] = [asColumns(target), asColumns(prediction)];
      const [count = 0, width = 0] = y.shape;
      const valid = mask === undefined ? undefined : asColumns(broadcastMask('r2', mask, target)).cast('bool');
      const sum = (x: Tensor): Tensor => (valid ? where(valid, x, 0) : x).sum(0);
      const counts = valid ? valid.cast('float32').sum(0) : full([width], count);
      const mean = sum(y).div(counts.maximum(1));
      const values = stack([counts, mean, sum(y.sub(mean).square()), sum(y.sub(p).square())]); // [4, columns]
      return { values, count };
    },
    total: () => {
      let columns: Column[] = [];
      return {
        add: (values, count) => {
          checkFigures(name, values, count);
          columns = mergeColumns(columns, values);
        },
        get value() {
          const explained = columns.map(({ residual, spread }) => 1 - residual / spread);
          return explained.reduce((sum, x) => sum + x, 0) / explained.length;
        },
      };
    },
  };
}

/** The statistics of n₁ targets and n₂ more: m = m₁ + δ·n₂ / n, M = M₁ + M₂ + δ²·n₁·n₂ / n where δ = m₂ − m₁. */
function mergeColumns(columns: readonly Column[], values: ArrayLike<number>): Column[] {
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
