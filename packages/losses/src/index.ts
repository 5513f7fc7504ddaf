// Losses: functions of target and prediction that give one number to be made small.

export { binaryCrossentropy, type CrossentropyOptions } from './binary-crossentropy.ts';
export {
  type CategoricalCrossentropyOptions,
  categoricalCrossentropy,
  sparseCategoricalCrossentropy,
} from './categorical-crossentropy.ts';
export type { Loss, LossOptions, Reduction } from './loss.ts';
export { type LossName, lossByName } from './loss-by-name.ts';
export { meanAbsoluteError, meanSquaredError } from './regression.ts';
