// meanSquaredLogarithmicError: the mean of the squared errors of logarithms.

import { meanSquaredLogarithmicError as meanSquaredLogarithmicErrorLoss } from '@treadle/losses';
import { withConfig } from '@treadle/tensor';
import { lossMetric } from '../metric/loss-metric.ts';
import type { Metric } from '../metric/metric.ts';
import { type MetricOptions, readName } from '../metric/metric-options.ts';

/**
 * (ln(1 + yTrue) − ln(1 + yPred))², where values below 10⁻⁷ count as 10⁻⁷, averaged over the last axis and over samples: yTrue and yPred [n, …]. Throws RangeError for an option that does not exist; `update`
 * throws ShapeError for shapes that do not fit.
 *
 * @example
 * ```ts
 * import { metrics } from 'treadle';
 * metrics.meanSquaredLogarithmicError().update([[0, 0]], [[0, Math.E - 1]]).values; // → 0.5
 * ```
 */
export function meanSquaredLogarithmicError(options: MetricOptions = {}): Metric {
  return withConfig(
    lossMetric(readName('meanSquaredLogarithmicError', options), meanSquaredLogarithmicErrorLoss),
    'meanSquaredLogarithmicError',
    options,
  );
}
