// sparseCategoricalAccuracy: the share of samples whose class is predicted rightly, for labels.

import { labelsFor } from '@treadle/losses';
import { withConfig } from '@treadle/tensor';
import { type Metric, meanMetric } from '../metric/metric.ts';
import { type MetricOptions, readName } from '../metric/metric-options.ts';

/**
 * The share of samples for which the largest of yPred [n, classes] is at the label in yTrue, [n] or [n, 1]. It is called 'accuracy' by
 * default. Throws RangeError for an option that does not exist; `update` throws ShapeError for shapes that do not fit.
 *
 * @example
 * ```ts
 * import { metrics } from 'treadle';
 * metrics.sparseCategoricalAccuracy().update([1, 0], [[0.2, 0.8], [0.3, 0.7]]).values; // → 1
 * ```
 */
export function sparseCategoricalAccuracy(options: MetricOptions = {}): Metric {
  return withConfig(
    meanMetric(readName('sparseCategoricalAccuracy', options, 'accuracy'), (yTrue, yPred) =>
      yPred.argmax(-1).equal(labelsFor('sparseCategoricalAccuracy', yTrue, yPred)),
    ),
    'sparseCategoricalAccuracy',
    options,
  );
}
