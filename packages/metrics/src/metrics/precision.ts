// precision: the share of predicted answers that are true.

import { withConfig } from '@treadle/tensor';
import { countMetric, type PrecisionOptions, ratio } from '../metric/count-metric.ts';
import type { Metric } from '../metric/metric.ts';

/**
 * TP / (TP + FP), 0 if nothing is predicted, from the numbers of true positives, false positives and false negatives of each class: yTrue of 0 and 1 and yPred [n, …], or yTrue
 * one-hot or labels and yPred [n, classes]. Throws RangeError for an unknown average; `update` throws ShapeError for shapes that do not
 * fit.
 *
 * @example
 * ```ts
 * import { metrics } from 'treadle';
 * const metric = metrics.precision();
 * const { values, count } = metric.update([1, 0, 0], [0.9, 0.8, 0.1]);
 * const total = metric.total();
 * total.add(values.data(), count);
 * total.value; // → 0.5
 * ```
 */
export function precision(options: PrecisionOptions = {}): Metric {
  return withConfig(
    countMetric('precision', options, ({ truePositives: tp, falsePositives: fp }) => ratio(tp, tp + fp)),
    'precision',
    options,
  );
}
