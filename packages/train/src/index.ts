// Models that learn: compile, fit, evaluate, predict; callbacks, history, progress.

export type { Callback, LearningRate, Training } from './callbacks/callbacks.ts';
export { type EarlyStoppingOptions, earlyStopping } from './callbacks/early-stopping.ts';
export { progress, type Verbosity } from './callbacks/progress.ts';
export { type ReduceLROnPlateauOptions, reduceLROnPlateau } from './callbacks/reduce-lr-on-plateau.ts';
export type { RowsLike, RowsPair } from './data/arguments.ts';
export type { ClassWeight } from './data/sample-weights.ts';
export type { FitOptions } from './fit/fit-options.ts';
export type { History, HistoryFigures, Logs } from './fit/history.ts';
export {
  type CompileOptions,
  type EvaluateOptions,
  Model,
  type ModelParts,
  model,
  type PredictOptions,
  sequential,
} from './model/model.ts';
export type { LossLike, MetricLike, ObjectiveOptions, PerOutput } from './model/objectives.ts';
export type { OwnObjectives } from './saving/compile-config.ts';
export { type LoadOptions, loadModel, modelFromBytes, modelFromConfig } from './saving/load.ts';
export type { SaveOptions } from './saving/save.ts';
export type { LoadWeightsOptions, SaveWeightsOptions, WeightsReport } from './saving/weights.ts';
