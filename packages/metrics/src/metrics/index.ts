// All metrics by the names that users give. A new metric is a file of this folder and an export here; a short name is a second export.

export { accuracy, accuracy as acc } from './accuracy.ts';
export { auc } from './auc.ts';
export { binaryAccuracy } from './binary-accuracy.ts';
export { categoricalAccuracy } from './categorical-accuracy.ts';
export { cosineSimilarity } from './cosine-similarity.ts';
export { f1 } from './f1.ts';
export { meanAbsoluteError, meanAbsoluteError as mae } from './mean-absolute-error.ts';
export { meanAbsolutePercentageError, meanAbsolutePercentageError as mape } from './mean-absolute-percentage-error.ts';
export { meanSquaredError, meanSquaredError as mse } from './mean-squared-error.ts';
export { meanSquaredLogarithmicError, meanSquaredLogarithmicError as msle } from './mean-squared-logarithmic-error.ts';
export { precision } from './precision.ts';
export { r2 } from './r2.ts';
export { recall } from './recall.ts';
export { rootMeanSquaredError, rootMeanSquaredError as rmse } from './root-mean-squared-error.ts';
export { sparseCategoricalAccuracy } from './sparse-categorical-accuracy.ts';
export { sparseTopKCategoricalAccuracy } from './sparse-top-k-categorical-accuracy.ts';
export { topKCategoricalAccuracy } from './top-k-categorical-accuracy.ts';
