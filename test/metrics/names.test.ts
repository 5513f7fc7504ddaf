// The laws of all metrics that have a name. A metric that has no rows here does not compile.

import { type MetricName, metricByName } from '@treadle/metrics';
import { tensor } from '@treadle/tensor';
import { expect, test } from 'vitest';

interface Rows {
  readonly y: readonly (number | readonly number[])[];
  readonly p: readonly (readonly number[])[];
}

const figures: Rows = {
  y: [
    [0.5, 2],
    [1, 0.25],
    [3, 1],
    [2, 2],
  ],
  p: [
    [1, 0.5],
    [0.25, 2],
    [1.5, 4],
    [2, 1],
  ],
};
const answers: Rows = { y: [[1], [0], [1], [0]], p: [[0.75], [0.25], [0.375], [0.625]] };
const classes: Rows = {
  y: [
    [0, 1],
    [1, 0],
    [1, 0],
    [0, 1],
  ],
  p: [
    [0.25, 0.75],
    [0.5, 0.5],
    [0.125, 0.875],
    [1, 0],
  ],
};
const labels: Rows = { ...classes, y: [1, 0, 0, 1] };

const rows: { readonly [N in MetricName]: Rows } = {
  acc: labels,
  accuracy: classes,
  auc: answers,
  binaryAccuracy: answers,
  categoricalAccuracy: classes,
  cosineSimilarity: figures,
  f1: labels,
  mae: figures,
  mape: figures,
  meanAbsoluteError: figures,
  meanAbsolutePercentageError: figures,
  meanSquaredError: figures,
  meanSquaredLogarithmicError: figures,
  mse: figures,
  msle: figures,
  precision: answers,
  r2: figures,
  recall: classes,
  rmse: figures,
  rootMeanSquaredError: figures,
  sparseCategoricalAccuracy: labels,
  sparseTopKCategoricalAccuracy: labels,
  topKCategoricalAccuracy: classes,
};

/** The metric over the rows, in batches that end at these rows. */
function over(name: string, { y, p }: Rows, ends: readonly number[]): number {
  const metric = metricByName(name);
  const total = metric.total();
  ends.forEach((end, i) => {
    const batch = [ends[i - 1] ?? 0, end] as const;
    const { values, count } = metric.update(tensor(y.slice(...batch)), tensor(p.slice(...batch)));
    total.add(values.data(), count);
  });
  return total.value;
}

test.each(Object.entries(rows))('%s has its name, and the same value for any division into batches', (name, given) => {
  expect(metricByName(name).name).toBe(name);
  const whole = over(name, given, [4]);
  expect(whole).toSatisfy(Number.isFinite);
  // batches are sums of float32: three roundings of each of 8 values at most, of figures whose conditions are moderate
  for (const ends of [
    [1, 4],
    [3, 4],
    [1, 2, 3, 4],
  ]) {
    expect(Math.abs(over(name, given, ends) - whole)).toBeLessThanOrEqual(24 * 2 ** -23 * Math.max(1, Math.abs(whole)));
  }
});
