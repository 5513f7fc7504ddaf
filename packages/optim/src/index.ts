// Update rules, and learning rates that change.

export { type Move, type Optimizer, optimizerOf, type Slot, type Update, type UpdateRule } from './optimizer.ts';
export { type OptimizerName, optimizerByName } from './optimizer-by-name.ts';
export type { OptimizerOptions } from './optimizer-options.ts';
export { type AdadeltaOptions, adadelta } from './rules/adadelta.ts';
export { type AdagradOptions, adagrad } from './rules/adagrad.ts';
export { type AdamOptions, adam, adamW } from './rules/adam.ts';
export { type AdamaxOptions, adamax } from './rules/adamax.ts';
export { type LionOptions, lion } from './rules/lion.ts';
export { type NadamOptions, nadam } from './rules/nadam.ts';
export { type RmspropOptions, rmsprop } from './rules/rmsprop.ts';
export { type SgdOptions, sgd } from './rules/sgd.ts';
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
