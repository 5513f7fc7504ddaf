// Losses: functions of targets and predictions that give one number, which training makes small.

export type { BinaryCrossentropyOptions } from './loss/binary-entropy.ts';
export type { Loss, LossOptions, PredictionRange, Reduction } from './loss/loss.ts';
export type { CrossentropyOptions } from './loss/probabilities.ts';
export { alignShapes, labelsFor, meanOfLast, type Pair } from './loss/shapes.ts';
export { type LossName, lossByName, lossFrom } from './loss-by-name.ts';
export type { BinaryFocalCrossentropyOptions } from './losses/binary-focal-crossentropy.ts';
export type { CategoricalCrossentropyOptions } from './losses/categorical-crossentropy.ts';
export type { HuberOptions } from './losses/huber.ts';
export * from './losses/index.ts';
