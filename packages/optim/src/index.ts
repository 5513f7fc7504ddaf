// Update rules, and learning rates that change.

export { type OptimizerName, optimizerByName } from './optimizer-by-name.ts';
export { type AdadeltaOptions, adadelta } from './optimizers/adadelta.ts';
export { type AdagradOptions, adagrad } from './optimizers/adagrad.ts';
export { type AdamOptions, adam, adamW } from './optimizers/adam.ts';
export { type AdamaxOptions, adamax } from './optimizers/adamax.ts';
export { type LionOptions, lion } from './optimizers/lion.ts';
export { type NadamOptions, nadam } from './optimizers/nadam.ts';
export { type RmspropOptions, rmsprop } from './optimizers/rmsprop.ts';
export { type SgdOptions, sgd } from './optimizers/sgd.ts';
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
export { type Move, type Optimizer, optimizerOf, type Slot, type Update, type UpdateRule } from './update/optimizer.ts';
export type { OptimizerOptions } from './update/optimizer-options.ts';
