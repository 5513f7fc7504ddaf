// recall: the share of true answers that are predicted.

import { withConfig } from '@treadle/tensor';
import { countMetric, type PrecisionOptions, ratio } from '../metric/count-metric.ts';
import type { Metric } from '../metric/metric.ts';

/**
 * TP / (TP + FN), 0 if nothing is true, from the numbers of true positives, false positives and false negatives of each class: yTrue of 0 and 1 and yPred [n, …], or yTrue
 * one-hot or labels and yPred [n, classes]. Throws RangeError for an unknown average; `update` throws ShapeError for shapes that do not
 * fit.
 *
 * @example
 * ```ts
 * import { metrics } from 'treadle';
 * const metric = metrics.recall();
 * const { values, count } = metric.update([1, 0, 0], [0.9, 0.8, 0.1]);
 * const total = metric.total();
 * total.add(values.data(), count);
 * total.value; // → 1
 * ```
 */
export function recall(options: PrecisionOptions = {}): Metric {
  return withConfig(
    countMetric('recall', options, ({ truePositives: tp, falseNegatives: fn }) => ratio(tp, tp + fn)),
    'recall',
    options,
  );
}
