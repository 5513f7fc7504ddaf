// Layers, activations, initializers, regularizers, constraints, and models that are graphs of layers.

export { type Activation, type OutputRange, outputRangeOf } from './activations/activation.ts';
export { type ActivationName, activationName, activationOf } from './activations/activation-by-name.ts';
export type { GeluOptions } from './activations/gelu.ts';
export * as activations from './activations/index.ts';
export {
  graphFrom,
  type LayerMaker,
  layerFrom,
  type NetworkMaker,
  networkFrom,
  type OwnParts,
  ownParts,
} from './config/layer-from.ts';
export type { Constraint, NormOptions } from './constraints/constraint.ts';
export type { ConstraintName } from './constraints/constraint-by-name.ts';
export { maxNorm, nonNeg, unitNorm } from './constraints/index.ts';
export * as initializers from './initializers/index.ts';
export type { Initializer } from './initializers/initializer.ts';
export { type InitializerName, initializerOf } from './initializers/initializer-by-name.ts';
export { Callable, type LayerFunction, layer, type SymbolicCall } from './layer/callable.ts';
export { withoutCarrying } from './layer/carried-states.ts';
export { freezingOf } from './layer/freezing.ts';
export type { CallAllOptions, CallOptions, Layer, LayerConfig, LayerOptions } from './layer/layer.ts';
export { withoutInitializers } from './layer/layer-weights.ts';
export type { Mask } from './layer/mask.ts';
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
export type { EmbeddingOptions } from './layers/core/embedding.ts';
export type { MaxoutOptions } from './layers/core/maxout.ts';
export type { PositionEmbeddingOptions } from './layers/core/position-embedding.ts';
export * from './layers/index.ts';
export * as layers from './layers/index.ts';
export type { ConcatenateOptions } from './layers/merging/concatenate.ts';
export type { DotOptions } from './layers/merging/dot.ts';
export type { BatchNormalizationOptions } from './layers/normalization/batch-normalization.ts';
export type { GroupNormalizationOptions } from './layers/normalization/group-normalization.ts';
export type { LayerNormalizationOptions } from './layers/normalization/layer-normalization.ts';
export type { RmsNormalizationOptions } from './layers/normalization/rms-normalization.ts';
export type { ScaleAndShiftOptions } from './layers/normalization/scale-and-shift.ts';
export type { GlobalPoolingOptions } from './layers/pooling/global-pooling.ts';
export type { Pooling1dOptions, Pooling2dOptions } from './layers/pooling/pooling.ts';
export type { BidirectionalOptions, MergeMode } from './layers/recurrent/bidirectional.ts';
export type { GruCellOptions, GruOptions } from './layers/recurrent/gru.ts';
export type { LstmCellOptions, LstmOptions } from './layers/recurrent/lstm.ts';
export type { RecurrentLayer } from './layers/recurrent/recurrent-layer.ts';
export type { KernelCellOptions, RecurrentOptions, SequenceOptions } from './layers/recurrent/recurrent-options.ts';
export type { RnnOptions } from './layers/recurrent/rnn.ts';
export type { RnnCell, RnnCellWeight } from './layers/recurrent/rnn-cell.ts';
export type { SimpleRnnCellOptions, SimpleRnnOptions } from './layers/recurrent/simple-rnn.ts';
export type { DropoutOptions } from './layers/regularization/dropout.ts';
export type { PaddingEnds, PaddingSides } from './layers/reshaping/padding-sizes.ts';
export type { UpSampling2dOptions } from './layers/reshaping/up-sampling.ts';
export {
  type Connectable,
  connect,
  type InputOptions,
  input,
  type LayerCall,
  type SymbolicTensor,
} from './network/connect.ts';
export { chain, type Graph, graphBetween, type SymbolicTensors } from './network/graph.ts';
export { type Masked, Network, type NetworkOptions } from './network/network.ts';
export { Sequential } from './network/sequential.ts';
export type { Weights } from './network/set-weights.ts';
export type { LayerSummary } from './network/summarize-layers.ts';
export { l1, l1l2, l2 } from './regularizers/l1-l2.ts';
export type { L1L2, Regularizer } from './regularizers/regularizer.ts';
export type { RegularizerName } from './regularizers/regularizer-by-name.ts';
