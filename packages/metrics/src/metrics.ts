// The namespace `metrics` of users: `metrics.binaryAccuracy({ threshold: 0 })`.

/**
 * Metrics, which are exact over batches of any size: `metrics.auc()`.
 *
 * @module
 */

export { confusionMatrix } from './confusion-matrix.ts';
export type { PrecisionOptions } from './metric/count-metric.ts';
export { meanMetric as mean } from './metric/metric.ts';
export type { MetricOptions } from './metric/metric-options.ts';
export type { TopKOptions } from './metric/top-k.ts';
export type { AucOptions } from './metrics/auc.ts';
export type { BinaryAccuracyOptions } from './metrics/binary-accuracy.ts';
export * from './metrics/index.ts';
