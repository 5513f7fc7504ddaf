// All losses by the names that users give. A new loss is a file of this folder and an export here; a short name is a second export.

export { binaryCrossentropy } from './binary-crossentropy.ts';
export { binaryFocalCrossentropy } from './binary-focal-crossentropy.ts';
export { categoricalCrossentropy } from './categorical-crossentropy.ts';
export { categoricalHinge } from './categorical-hinge.ts';
export { cosineSimilarity } from './cosine-similarity.ts';
export { ctc } from './ctc.ts';
export { hinge } from './hinge.ts';
export { huber } from './huber.ts';
export { klDivergence } from './kl-divergence.ts';
export { logCosh } from './log-cosh.ts';
export { meanAbsoluteError, meanAbsoluteError as mae } from './mean-absolute-error.ts';
export { meanAbsolutePercentageError, meanAbsolutePercentageError as mape } from './mean-absolute-percentage-error.ts';
export { meanSquaredError, meanSquaredError as mse } from './mean-squared-error.ts';
export { meanSquaredLogarithmicError, meanSquaredLogarithmicError as msle } from './mean-squared-logarithmic-error.ts';
export { poisson } from './poisson.ts';
export { sparseCategoricalCrossentropy } from './sparse-categorical-crossentropy.ts';
export { squaredHinge } from './squared-hinge.ts';
