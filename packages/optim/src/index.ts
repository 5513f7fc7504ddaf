// Optimizers, and schedules of learning rates.

export { type OptimizerName, optimizerByName, optimizerFrom, scheduleFrom } from './optimizer-by-name.ts';
export type { AdadeltaOptions } from './optimizers/adadelta.ts';
export type { AdagradOptions } from './optimizers/adagrad.ts';
export type { AdamOptions } from './optimizers/adam.ts';
export type { AdamaxOptions } from './optimizers/adamax.ts';
export * from './optimizers/index.ts';
export type { LionOptions } from './optimizers/lion.ts';
export type { NadamOptions } from './optimizers/nadam.ts';
export type { RmspropOptions } from './optimizers/rmsprop.ts';
export type { SgdOptions } from './optimizers/sgd.ts';
export type { CosineDecayOptions, CosineRestartsOptions } from './schedules/cosine-decay.ts';
export type { CyclicOptions, OneCycleOptions } from './schedules/cyclic.ts';
export type { StaircaseOptions } from './schedules/exponential-decay.ts';
export * from './schedules/index.ts';
export type { PolynomialDecayOptions } from './schedules/polynomial-decay.ts';
export type { RateAt, Schedule } from './schedules/schedule.ts';
export type { Optimizer } from './update/optimizer.ts';
export type { OptimizerOptions } from './update/optimizer-options.ts';
export { optimizerOf } from './update/rule-optimizer.ts';
export type { Move, Slot, Update, UpdateRule } from './update/update-rule.ts';
