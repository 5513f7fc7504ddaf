// meanAbsolutePercentageError: the mean of the absolute errors in percent of the targets.

import { meanAbsolutePercentageError as meanAbsolutePercentageErrorLoss } from '@treadle/losses';
import { withConfig } from '@treadle/tensor';
import { lossMetric } from '../metric/loss-metric.ts';
import type { Metric } from '../metric/metric.ts';
import { type MetricOptions, readName } from '../metric/metric-options.ts';

/**
 * 100·|yTrue − yPred| / max(|yTrue|, 10⁻⁷), averaged over the last axis and over samples: yTrue and yPred [n, …]. Throws RangeError for an option that does not exist; `update`
 * throws ShapeError for shapes that do not fit.
 *
 * @example
 * ```ts
 * import { metrics } from 'treadle';
 * metrics.meanAbsolutePercentageError().update([[1, 2]], [[1, 4]]).values; // → 50
 * ```
 */
export function meanAbsolutePercentageError(options: MetricOptions = {}): Metric {
  return withConfig(
    lossMetric(readName('meanAbsolutePercentageError', options), meanAbsolutePercentageErrorLoss),
    'meanAbsolutePercentageError',
    options,
  );
}
