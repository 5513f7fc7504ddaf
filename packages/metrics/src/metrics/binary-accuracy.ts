// binaryAccuracy: the share of answers of yes and no that are right.

import { alignShapes, meanOfLast } from '@treadle/losses';
import { type OptionKinds, readOptions, withConfig } from '@treadle/tensor';
import { type Metric, meanMetric } from '../metric/metric.ts';
import { type MetricOptions, metricOptions } from '../metric/metric-options.ts';

/** Options of `binaryAccuracy`. */
export interface BinaryAccuracyOptions extends MetricOptions {
  /** a prediction above it counts as 1; 0.5 by default, for probabilities; 0 is right for logits */
  readonly threshold?: number;
}

const binaryAccuracyOptions: OptionKinds<BinaryAccuracyOptions> = { ...metricOptions, threshold: 'number' };

/**
 * The share of elements for which yPred > threshold where yTrue is 1, and not where it is 0; averaged over the last axis and over
 * samples: yTrue and yPred [n, …]. It is called 'accuracy' by default. Throws RangeError for an option that does not exist; `update` throws
 * ShapeError for shapes that do not fit.
 *
 * @example
 * ```ts
 * import { metrics } from 'treadle';
 * metrics.binaryAccuracy().update([1, 0, 1], [0.9, 0.2, 0.3]).values; // → 2
 * ```
 */
export function binaryAccuracy(options: BinaryAccuracyOptions = {}): Metric {
  const { threshold = 0.5, name = 'accuracy' } = readOptions('binaryAccuracy', options, binaryAccuracyOptions);
  return withConfig(
    meanMetric(name, (yTrue, yPred) => {
      const { target, prediction } = alignShapes('binaryAccuracy', yTrue, yPred);
      const answer = prediction.greater(threshold).cast('float32');
      return meanOfLast(answer.equal(target.cast('float32')).cast('float32'));
    }),
    'binaryAccuracy',
    options,
  );
}
