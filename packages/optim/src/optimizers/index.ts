// All optimizers by the names that users give. A new optimizer is a file of this folder and an export here.

export { adadelta } from './adadelta.ts';
export { adagrad } from './adagrad.ts';
export { adam, adamW } from './adam.ts';
export { adamax } from './adamax.ts';
export { lion } from './lion.ts';
export { nadam } from './nadam.ts';
export { rmsprop } from './rmsprop.ts';
export { sgd } from './sgd.ts';
