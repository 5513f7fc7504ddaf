// Losses: functions of target and prediction that give one number to be made small.

export {
  type BinaryCrossentropyOptions,
  type BinaryFocalCrossentropyOptions,
  binaryCrossentropy,
  binaryFocalCrossentropy,
  type CrossentropyOptions,
} from './binary-crossentropy.ts';
export {
  type CategoricalCrossentropyOptions,
  categoricalCrossentropy,
  sparseCategoricalCrossentropy,
} from './categorical-crossentropy.ts';
export { ctc } from './ctc.ts';
export { categoricalHinge, hinge, squaredHinge } from './hinge.ts';
export type { Loss, LossOptions, Reduction } from './loss.ts';
export { type LossName, lossByName } from './loss-by-name.ts';
export {
  cosineSimilarity,
  type HuberOptions,
  huber,
  klDivergence,
  logCosh,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
  poisson,
} from './regression.ts';
