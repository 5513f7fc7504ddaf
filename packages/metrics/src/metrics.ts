// The metrics by name, as users call them: `metrics.binaryAccuracy({ threshold: 0 })`.

export {
  type AccuracyOptions,
  type BinaryAccuracyOptions,
  binaryAccuracy,
  categoricalAccuracy,
  sparseCategoricalAccuracy,
  sparseTopKCategoricalAccuracy,
  type TopKOptions,
  topKCategoricalAccuracy,
} from './accuracies.ts';
export { type AucOptions, auc } from './auc.ts';
export { confusionMatrix } from './confusion-matrix.ts';
export {
  cosineSimilarity,
  type ErrorOptions,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
  rootMeanSquaredError,
} from './errors.ts';
export { meanMetric as mean } from './metric.ts';
export { f1, type PrecisionOptions, precision, recall } from './precision-recall.ts';
export { type R2Options, r2 } from './r2.ts';
