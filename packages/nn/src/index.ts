// Layers, activations, initializers, regularizers, and models that are layers in a row.

export { activation } from './activation.ts';
export type { Activation, ActivationName } from './activations.ts';
export * as activations from './activations.ts';
export { type DenseOptions, dense } from './dense.ts';
export { type DropoutOptions, dropout } from './dropout.ts';
export { flatten } from './flatten.ts';
export type { Initializer, InitializerName } from './initializers.ts';
export * as initializers from './initializers.ts';
export type { CallOptions, Layer, LayerConfig, LayerOptions } from './layer.ts';
export { type LayerMaker, layerFrom, sequentialFrom } from './layer-from.ts';
export { type L1L2, l1, l1l2, l2, type Regularizer } from './regularizers.ts';
export { type LayerSummary, Sequential, type SequentialOptions } from './sequential.ts';
export type { Weights } from './weights.ts';
