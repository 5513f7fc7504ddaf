// Layers, activations, initializers, regularizers, constraints, and models that are graphs of layers.

export type { Activation, ActivationName, GeluOptions } from './activations/activations.ts';
export * as activations from './activations/activations.ts';
export { graphFrom, type LayerMaker, layerFrom, networkFrom, type OwnMakers } from './config/layer-from.ts';
export {
  type Constraint,
  type ConstraintConfig,
  type ConstraintName,
  maxNorm,
  type NormOptions,
  nonNeg,
  unitNorm,
} from './constraints/constraints.ts';
export type { Initializer, InitializerName } from './initializers/initializers.ts';
export * as initializers from './initializers/initializers.ts';
export { type Apply, Callable, type LayerFunction, layer } from './layer/callable.ts';
export { withoutKeeping } from './layer/carried-states.ts';
export { freezingOf } from './layer/freezing.ts';
export type { CallAllOptions, CallOptions, Layer, LayerConfig, LayerOptions, Mask } from './layer/layer.ts';
export { fits, listExtents, type OpenShape } from './layer/open-shape.ts';
export type { PreluOptions } from './layers/activation/prelu.ts';
export type { MultiHeadAttentionOptions } from './layers/attention/multi-head-attention.ts';
export type { TransformerEncoderOptions } from './layers/attention/transformer-encoder.ts';
export type { Conv1dLayerOptions } from './layers/convolution/conv1d.ts';
export type { Conv2dOptions } from './layers/convolution/conv2d.ts';
export type { Conv2dTransposeOptions } from './layers/convolution/conv2d-transpose.ts';
export type { DepthwiseConv2dOptions } from './layers/convolution/depthwise-conv2d.ts';
export type { SeparableConv2dOptions } from './layers/convolution/separable-conv2d.ts';
export type { DenseOptions } from './layers/core/dense.ts';
export type { EmbeddingOptions, PositionEmbeddingOptions } from './layers/core/embedding.ts';
export type { MaxoutOptions } from './layers/core/maxout.ts';
export * from './layers/index.ts';
export * as layers from './layers/index.ts';
export type { ConcatenateOptions, DotOptions } from './layers/merging/merge.ts';
export type { BatchNormalizationOptions } from './layers/normalization/batch-normalization.ts';
export type {
  GroupNormalizationOptions,
  LayerNormalizationOptions,
  RmsNormalizationOptions,
} from './layers/normalization/normalization.ts';
export type { ScaleAndShiftOptions } from './layers/normalization/scale-and-shift.ts';
export type { GlobalPoolingOptions } from './layers/pooling/global-pooling.ts';
export type { Pooling1dOptions, Pooling2dOptions } from './layers/pooling/pooling.ts';
export type { BidirectionalOptions, MergeMode } from './layers/recurrent/bidirectional.ts';
export type { GruCellOptions, GruOptions } from './layers/recurrent/gru.ts';
export type { LstmCellOptions, LstmOptions } from './layers/recurrent/lstm.ts';
export type { RecurrentLayer } from './layers/recurrent/recurrent-layer.ts';
export type { KernelCellOptions, RecurrentOptions, SequenceOptions } from './layers/recurrent/recurrent-options.ts';
export type { RnnCell, RnnCellWeight, RnnOptions } from './layers/recurrent/rnn.ts';
export type { SimpleRnnCellOptions, SimpleRnnOptions } from './layers/recurrent/simple-rnn.ts';
export type { DropoutOptions } from './layers/regularization/dropout.ts';
export type { UpSampling2dOptions } from './layers/reshaping/up-sampling.ts';
export type { PaddingEnds, PaddingSides } from './layers/reshaping/zero-padding.ts';
export {
  type Connectable,
  connect,
  type InputOptions,
  input,
  type LayerCall,
  type SymbolicTensor,
} from './network/connect.ts';
export { chain, type Ends, type Graph, graphBetween } from './network/graph.ts';
export { type LayerSummary, type Masked, Network, type NetworkOptions } from './network/network.ts';
export { Sequential } from './network/sequential.ts';
export type { Weights } from './network/set-weights.ts';
export { type L1L2, l1, l1l2, l2, type Regularizer, type RegularizerName } from './regularizers/regularizers.ts';
