// topKCategoricalAccuracy: the share of samples whose class is among the k most probable, for one-hot targets.

import { alignShapes } from '@treadle/losses';
import { withConfig } from '@treadle/tensor';
import { type Metric, meanMetric } from '../metric/metric.ts';
import { isInTop, readTopK, type TopKOptions } from '../metric/top-k.ts';

/**
 * The share of samples for which fewer than k of yPred [n, classes] are above that of the right class, the largest of yTrue [n, classes].
 * Throws RangeError unless k is a whole number ≥ 1; `update` throws ShapeError for shapes that do not fit.
 *
 * @example
 * ```ts
 * import { metrics } from 'treadle';
 * metrics.topKCategoricalAccuracy({ k: 2 }).update([[0, 1, 0]], [[0.5, 0.3, 0.2]]).values; // → 1
 * ```
 */
export function topKCategoricalAccuracy(options: TopKOptions = {}): Metric {
  const { k, name } = readTopK('topKCategoricalAccuracy', options);
  return withConfig(
    meanMetric(name, (yTrue, yPred) => {
      const { target, prediction } = alignShapes('topKCategoricalAccuracy', yTrue, yPred);
      return isInTop(k, target.argmax(-1), prediction);
    }),
    'topKCategoricalAccuracy',
    options,
  );
}
