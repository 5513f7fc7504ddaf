// Models that learn: compile, fit, evaluate, predict; callbacks, history, progress.

export { type Callback, type EarlyStoppingOptions, earlyStopping, type Training } from './callbacks.ts';
export type { FitOptions } from './fit.ts';
export type { History, HistoryFigures, Logs } from './history.ts';
export { type CompileOptions, type EvaluateOptions, Model, sequential } from './model.ts';
export type { Verbosity } from './progress.ts';
