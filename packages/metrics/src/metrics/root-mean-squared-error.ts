// rootMeanSquaredError: the root of the mean of the squared errors.

import { meanSquaredError as meanSquaredErrorLoss } from '@treadle/losses';
import { withConfig } from '@treadle/tensor';
import { lossMetric } from '../metric/loss-metric.ts';
import type { Metric } from '../metric/metric.ts';
import { type MetricOptions, readName } from '../metric/metric-options.ts';

/**
 * √ of the mean of (yPred − yTrue)², averaged over the last axis and over samples: yTrue and yPred [n, …]. Throws RangeError for an option that does not exist; `update`
 * throws ShapeError for shapes that do not fit.
 *
 * @example
 * ```ts
 * import { metrics } from 'treadle';
 * const metric = metrics.rootMeanSquaredError();
 * const total = metric.total();
 * total.add([2], 1);
 * total.value; // → 1.41421
 * ```
 */
export function rootMeanSquaredError(options: MetricOptions = {}): Metric {
  return withConfig(
    lossMetric(readName('rootMeanSquaredError', options), meanSquaredErrorLoss, Math.sqrt),
    'rootMeanSquaredError',
    options,
  );
}
