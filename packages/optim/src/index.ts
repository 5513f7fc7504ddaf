// Update rules, and learning rates that change.

export { type AdamOptions, adam } from './adam.ts';
export { type Optimizer, optimizerOf, type Update, type UpdateRule } from './optimizer.ts';
export { type OptimizerName, optimizerByName } from './optimizer-by-name.ts';
export { type ExponentialDecayOptions, exponentialDecay, type Schedule } from './schedule.ts';
export { type SgdOptions, sgd } from './sgd.ts';
