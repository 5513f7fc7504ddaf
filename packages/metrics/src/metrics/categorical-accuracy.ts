// categoricalAccuracy: the share of samples whose class is predicted rightly, for one-hot targets.

import { alignShapes } from '@treadle/losses';
import { withConfig } from '@treadle/tensor';
import { type Metric, meanMetric } from '../metric/metric.ts';
import { type MetricOptions, readName } from '../metric/metric-options.ts';

/**
 * The share of samples for which the largest of yPred [n, classes] is at the place of the largest of yTrue [n, classes]. It is called
 * 'accuracy' by default. Throws RangeError for an option that does not exist; `update` throws ShapeError for shapes that do not fit.
 *
 * @example
 * ```ts
 * import { metrics } from 'treadle';
 * metrics.categoricalAccuracy().update([[0, 1], [1, 0]], [[0.2, 0.8], [0.3, 0.7]]).values; // → 1
 * ```
 */
export function categoricalAccuracy(options: MetricOptions = {}): Metric {
  return withConfig(
    meanMetric(readName('categoricalAccuracy', options, 'accuracy'), (yTrue, yPred) => {
      const { target, prediction } = alignShapes('categoricalAccuracy', yTrue, yPred);
      return prediction.argmax(-1).equal(target.argmax(-1));
    }),
    'categoricalAccuracy',
    options,
  );
}
