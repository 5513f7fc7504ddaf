// Metrics that are the mean of a loss over samples.

import type { Loss, LossOptions } from '@treadle/losses';
import { type Metric, meanMetric } from './metric.ts';

/** The mean over samples of the loss that `makeLoss` makes, or what `finish` makes of that mean. */
export function lossMetric(
  name: string,
  makeLoss: (options: LossOptions) => Loss,
  finish?: (mean: number) => number,
): Metric {
  const loss = makeLoss({ reduction: 'none' });
  return meanMetric(name, (yTrue, yPred) => loss(yTrue, yPred.cast('float32')), finish);
}
