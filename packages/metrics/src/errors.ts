// How far predictions are off: the mean over the last axis, then over samples.

import { type Metric, meanMetric, meanOfLast, pairUp } from './metric.ts';

export interface ErrorOptions {
  readonly name?: string;
}

/** (yPred − yTrue)² */
export function meanSquaredError({ name = 'meanSquaredError' }: ErrorOptions = {}): Metric {
  return meanMetric(name, (yTrue, yPred) => {
    const [target, prediction] = pairUp('meanSquaredError', yTrue, yPred);
    return meanOfLast(prediction.sub(target).cast('float32').square());
  });
}

/** |yPred − yTrue| */
export function meanAbsoluteError({ name = 'meanAbsoluteError' }: ErrorOptions = {}): Metric {
  return meanMetric(name, (yTrue, yPred) => {
    const [target, prediction] = pairUp('meanAbsoluteError', yTrue, yPred);
    return meanOfLast(prediction.sub(target).cast('float32').abs());
  });
}
