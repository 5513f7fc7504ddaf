// Layers, activations, initializers, regularizers, constraints, and models that are graphs of layers.

export type { Activation, ActivationName, GeluOptions } from './activations.ts';
export * as activations from './activations.ts';
export type { BatchNormalizationOptions } from './batch-normalization.ts';
export { type Apply, Callable, type LayerFunction, layer } from './callable.ts';
export { type Connectable, connect, type InputOptions, input, type LayerCall, type SymbolicTensor } from './connect.ts';
export {
  type Constraint,
  type ConstraintConfig,
  type ConstraintName,
  maxNorm,
  type NormOptions,
  nonNeg,
  unitNorm,
} from './constraints.ts';
export type { Conv1dLayerOptions } from './conv1d.ts';
export type { Conv2dOptions } from './conv2d.ts';
export type { Conv2dTransposeOptions } from './conv2d-transpose.ts';
export type { DenseOptions } from './dense.ts';
export type { DepthwiseConv2dOptions } from './depthwise-conv2d.ts';
export type { DropoutOptions } from './dropout.ts';
export type { EmbeddingOptions, PositionEmbeddingOptions } from './embedding.ts';
export { freezingOf } from './freezing.ts';
export { chain, type Ends, type Graph, graphBetween } from './graph.ts';
export type { GruCellOptions, GruOptions } from './gru.ts';
export type { Initializer, InitializerName } from './initializers.ts';
export * as initializers from './initializers.ts';
export { withoutKeeping } from './kept-states.ts';
export type { CallAllOptions, CallOptions, Layer, LayerConfig, LayerOptions, Mask } from './layer.ts';
export { graphFrom, type LayerMaker, layerFrom, networkFrom, type OwnMakers } from './layer-from.ts';
export * from './layers.ts';
export * as layers from './layers.ts';
export type { LstmCellOptions, LstmOptions } from './lstm.ts';
export type { MaxoutOptions } from './maxout.ts';
export type { ConcatenateOptions, DotOptions } from './merge.ts';
export type { MultiHeadAttentionOptions } from './multi-head-attention.ts';
export { type LayerSummary, type Masked, Network, type NetworkOptions } from './network.ts';
export type {
  GroupNormalizationOptions,
  LayerNormalizationOptions,
  RmsNormalizationOptions,
} from './normalization.ts';
export { fits, listExtents, type OpenShape } from './open-shape.ts';
export type { Pooling1dOptions, Pooling2dOptions } from './pooling.ts';
export type { GlobalPoolingOptions } from './pooling-global.ts';
export type { PreluOptions } from './prelu.ts';
export type { RecurrentLayer } from './recurrent-layer.ts';
export type { KernelCellOptions, RecurrentOptions, SequenceOptions } from './recurrent-options.ts';
export { type L1L2, l1, l1l2, l2, type Regularizer, type RegularizerName } from './regularizers.ts';
export type { RnnCell, RnnCellWeight, RnnOptions } from './rnn.ts';
export type { ScaleAndShiftOptions } from './scale-and-shift.ts';
export type { SeparableConv2dOptions } from './separable-conv2d.ts';
export { Sequential } from './sequential.ts';
export type { SimpleRnnCellOptions, SimpleRnnOptions } from './simple-rnn.ts';
export type { TransformerEncoderOptions } from './transformer-encoder.ts';
export type { UpSampling2dOptions } from './up-sampling.ts';
export type { Weights } from './weights.ts';
export type { BidirectionalOptions, MergeMode } from './wrappers.ts';
export type { PaddingEnds, PaddingSides } from './zero-padding.ts';
