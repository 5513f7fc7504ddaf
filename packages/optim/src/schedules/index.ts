// All schedules by their names. A new schedule is a file of this folder and an export here.

export { cosineDecay, cosineDecayRestarts } from './cosine-decay.ts';
export { cyclicRate, oneCycle, warmup } from './cyclic.ts';
export { exponentialDecay, stepDecay } from './exponential-decay.ts';
export { inverseTimeDecay } from './inverse-time-decay.ts';
export { piecewiseConstantDecay } from './piecewise-constant.ts';
export { polynomialDecay } from './polynomial-decay.ts';
