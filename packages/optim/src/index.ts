// Optimizers, and schedules of learning rates.

export { type OptimizerName, optimizerByName } from './optimizer-by-name.ts';
export type { AdadeltaOptions } from './optimizers/adadelta.ts';
export type { AdagradOptions } from './optimizers/adagrad.ts';
export type { AdamOptions } from './optimizers/adam.ts';
export type { AdamaxOptions } from './optimizers/adamax.ts';
export * from './optimizers/index.ts';
export type { LionOptions } from './optimizers/lion.ts';
export type { NadamOptions } from './optimizers/nadam.ts';
export type { RmspropOptions } from './optimizers/rmsprop.ts';
export type { SgdOptions } from './optimizers/sgd.ts';
export {
  type CosineDecayOptions,
  type CosineRestartsOptions,
  cosineDecay,
  cosineDecayRestarts,
} from './schedules/cosine-decay.ts';
export { type CyclicOptions, cyclicRate, type OneCycleOptions, oneCycle, warmup } from './schedules/cyclic.ts';
export { exponentialDecay, type StaircaseOptions, stepDecay } from './schedules/exponential-decay.ts';
export { inverseTimeDecay } from './schedules/inverse-time-decay.ts';
export { piecewiseConstantDecay } from './schedules/piecewise-constant.ts';
export { type PolynomialDecayOptions, polynomialDecay } from './schedules/polynomial-decay.ts';
export type { RateAt, Schedule } from './schedules/schedule.ts';
export type { Optimizer } from './update/optimizer.ts';
export type { OptimizerOptions } from './update/optimizer-options.ts';
export { optimizerOf } from './update/rule-optimizer.ts';
export type { Move, Slot, Update, UpdateRule } from './update/update-rule.ts';
