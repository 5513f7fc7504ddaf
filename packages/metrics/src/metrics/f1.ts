// f1: the harmonic mean of precision and recall.

import { withConfig } from '@treadle/tensor';
import { countMetric, type PrecisionOptions, ratio } from '../metric/count-metric.ts';
import type { Metric } from '../metric/metric.ts';

/**
 * 2·TP / (2·TP + FP + FN), from the numbers of true positives, false positives and false negatives of each class: yTrue of 0 and 1 and yPred [n, …], or yTrue
 * one-hot or labels and yPred [n, classes]. Throws RangeError for an unknown average; `update` throws ShapeError for shapes that do not
 * fit.
 *
 * @example
 * ```ts
 * import { metrics } from 'treadle';
 * const metric = metrics.f1();
 * const { values, count } = metric.update([1, 0, 0], [0.9, 0.8, 0.1]);
 * const total = metric.total();
 * total.add(values.data(), count);
 * total.value; // → 0.666667
 * ```
 */
export function f1(options: PrecisionOptions = {}): Metric {
  return withConfig(
    countMetric('f1', options, ({ truePositives: tp, falsePositives: fp, falseNegatives: fn }) =>
      ratio(2 * tp, 2 * tp + fp + fn),
    ),
    'f1',
    options,
  );
}
