// How good a model is: figures that are exact over batches of any size.

export { type Contribution, type Metric, meanMetric, type Total } from './metric.ts';
export { type Compared, type MetricName, metricByName, metricName } from './metric-by-name.ts';
export * as metrics from './metrics.ts';
export { type RunningMean, runningMean } from './running-mean.ts';
