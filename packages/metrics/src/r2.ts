// The coefficient of determination: how much of the targets' variance a prediction explains. Batches give means and squared
// distances from them, which add up without loss however far the targets are from 0 (T. Chan, G. Golub, R. LeVeque, 1979).

import { type OptionKinds, readOptions, stack, type Tensor, tensor } from '@treadle/tensor';
import { checkFigures, type Metric, pairUp } from './metric.ts';

export interface R2Options {
  /** 'r2' by default */
  readonly name?: string;
}

const r2Options: OptionKinds<R2Options> = {
  name: 'string',
};

/** What is known of one column of targets. */
interface Column {
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
    update: (yTrue, yPred) => {
      const [target, prediction] = pairUp('r2', tensor(yTrue), tensor(yPred));
      const rows = (x: Tensor): Tensor => {
        const columns = x.rank < 2 ? 1 : (x.shape.at(-1) ?? 1);
        return x.cast('float32').reshape([x.size / Math.max(1, columns), columns]);
      };
      const [y, p] = [rows(target), rows(prediction)];
      const mean = y.mean(0);
      const values = stack([mean, y.sub(mean).square().sum(0), y.sub(p).square().sum(0)]); // [3, columns]
      return { values, count: y.shape[0] ?? 0 };
    },
    total: () => {
      let columns: Column[] = [];
      let rows = 0;
      return {
        add: (values, count) => {
          checkFigures(name, values, count);
          columns = merged(columns, rows, values, count);
          rows += count;
        },
        get value() {
          const explained = columns.map(({ residual, spread }) => 1 - residual / spread);
          return explained.reduce((sum, x) => sum + x, 0) / explained.length;
        },
      };
    },
  };
}

/** Columns of `rows` rows and of `count` more: m = m₁ + δ·n₂ / n, M = M₁ + M₂ + δ²·n₁·n₂ / n where δ = m₂ − m₁. */
function merged(columns: readonly Column[], rows: number, values: ArrayLike<number>, count: number): Column[] {
  const width = values.length / 3;
  return Array.from({ length: width }, (_, c) => {
    const [mean = 0, spread = 0, residual = 0] = [values[c], values[width + c], values[2 * width + c]];
    const before = columns[c];
    if (!before || rows === 0) return { mean, spread, residual };
    const delta = mean - before.mean;
    const all = rows + count;
    return {
      mean: before.mean + (delta * count) / all,
      spread: before.spread + spread + (delta ** 2 * rows * count) / all,
      residual: before.residual + residual,
    };
  });
}
