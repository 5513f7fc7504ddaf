// How good a model is: figures that are means over samples, exact over batches of any size.

export { type Contribution, type Metric, meanMetric } from './metric.ts';
export { type Compared, type MetricName, metricByName, metricName } from './metric-by-name.ts';
export * as metrics from './metrics.ts';
export { type RunningMean, runningMean } from './running-mean.ts';
