// cosineSimilarity: the cosine of the angle between target and prediction.

import { cosineSimilarity as cosineSimilarityLoss } from '@treadle/losses';
import { withConfig } from '@treadle/tensor';
import { type Metric, meanMetric } from '../metric/metric.ts';
import { type MetricOptions, readName } from '../metric/metric-options.ts';

/**
 * (yTrue·yPred) / (‖yTrue‖·‖yPred‖) along the last axis, averaged over samples: 1 for the same direction, −1 for opposite ones, 0 for a
 * vector of zeros; yTrue and yPred [n, features]. Throws RangeError for an option that does not exist; `update` throws ShapeError for
 * shapes that do not fit.
 *
 * @example
 * ```ts
 * import { metrics } from 'treadle';
 * metrics.cosineSimilarity().update([[1, 0]], [[3, 4]]).values; // → 0.6
 * ```
 */
export function cosineSimilarity(options: MetricOptions = {}): Metric {
  const loss = cosineSimilarityLoss({ reduction: 'none' });
  return withConfig(
    meanMetric(readName('cosineSimilarity', options), (yTrue, yPred) => loss(yTrue, yPred.cast('float32')).neg()),
    'cosineSimilarity',
    options,
  );
}
