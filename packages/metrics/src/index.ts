// Metrics: figures of how good a model is, exact over batches of any size.

export { type Contribution, type Metric, meanMetric, type Total } from './metric/metric.ts';
export { type RunningMean, runningMean } from './metric/running-mean.ts';
export { type MetricName, metricByName, metricFrom } from './metric-by-name.ts';
export * as metrics from './metrics.ts';
