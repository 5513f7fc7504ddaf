// The metrics by name, as users call them: `metrics.binaryAccuracy({ threshold: 0 })`.

export {
  type AccuracyOptions,
  type BinaryAccuracyOptions,
  binaryAccuracy,
  categoricalAccuracy,
  sparseCategoricalAccuracy,
} from './accuracies.ts';
export { type ErrorOptions, meanAbsoluteError, meanSquaredError } from './errors.ts';
export { meanMetric as mean } from './metric.ts';
