// meanAbsoluteError: the mean of the absolute errors.

import { meanAbsoluteError as meanAbsoluteErrorLoss } from '@treadle/losses';
import { withConfig } from '@treadle/tensor';
import { lossMetric } from '../metric/loss-metric.ts';
import type { Metric } from '../metric/metric.ts';
import { type MetricOptions, readName } from '../metric/metric-options.ts';

/**
 * |yPred − yTrue|, averaged over the last axis and over samples: yTrue and yPred [n, …]. Throws RangeError for an option that does not exist; `update`
 * throws ShapeError for shapes that do not fit.
 *
 * @example
 * ```ts
 * import { metrics } from 'treadle';
 * metrics.meanAbsoluteError().update([[1, 2]], [[1, 4]]).values; // → 1
 * ```
 */
export function meanAbsoluteError(options: MetricOptions = {}): Metric {
  return withConfig(
    lossMetric(readName('meanAbsoluteError', options), meanAbsoluteErrorLoss),
    'meanAbsoluteError',
    options,
  );
}
