// sparseTopKCategoricalAccuracy: the share of samples whose class is among the k most probable, for labels.

import { labelsFor } from '@treadle/losses';
import { withConfig } from '@treadle/tensor';
import { type Metric, meanMetric } from '../metric/metric.ts';
import { isInTop, readTopK, type TopKOptions } from '../metric/top-k.ts';

/**
 * The share of samples for which fewer than k of yPred [n, classes] are above that of the label in yTrue, [n] or [n, 1]. Throws RangeError
 * unless k is a whole number ≥ 1; `update` throws ShapeError for shapes that do not fit.
 *
 * @example
 * ```ts
 * import { metrics } from 'treadle';
 * metrics.sparseTopKCategoricalAccuracy({ k: 2 }).update([1], [[0.5, 0.3, 0.2]]).values; // → 1
 * ```
 */
export function sparseTopKCategoricalAccuracy(options: TopKOptions = {}): Metric {
  const { k, name } = readTopK('sparseTopKCategoricalAccuracy', options);
  return withConfig(
    meanMetric(name, (yTrue, yPred) => isInTop(k, labelsFor('sparseTopKCategoricalAccuracy', yTrue, yPred), yPred)),
    'sparseTopKCategoricalAccuracy',
    options,
  );
}
