// All layers by the names that users give, such as `layers.dense(10)` and `layers.add()`. A new layer is a file of these folders and an
// export here; layerFrom reads the configs of all exports.

/**
 * All layers, those that merge several inputs among them: `layers.add()`.
 *
 * @module
 */

export { activation } from './activation/activation.ts';
export { prelu } from './activation/prelu.ts';
export { multiHeadAttention } from './attention/multi-head-attention.ts';
export { transformerEncoder } from './attention/transformer-encoder.ts';
export { conv1d } from './convolution/conv1d.ts';
export { conv2d } from './convolution/conv2d.ts';
export { conv2dTranspose } from './convolution/conv2d-transpose.ts';
export { depthwiseConv2d } from './convolution/depthwise-conv2d.ts';
export { separableConv2d } from './convolution/separable-conv2d.ts';
export { dense } from './core/dense.ts';
export { embedding } from './core/embedding.ts';
export { masking } from './core/masking.ts';
export { maxout } from './core/maxout.ts';
export { positionEmbedding } from './core/position-embedding.ts';
export { add } from './merging/add.ts';
export { average } from './merging/average.ts';
export { concatenate } from './merging/concatenate.ts';
export { dot } from './merging/dot.ts';
export { maximum } from './merging/maximum.ts';
export { minimum } from './merging/minimum.ts';
export { multiply } from './merging/multiply.ts';
export { subtract } from './merging/subtract.ts';
export { batchNormalization } from './normalization/batch-normalization.ts';
export { groupNormalization } from './normalization/group-normalization.ts';
export { layerNormalization } from './normalization/layer-normalization.ts';
export { rmsNormalization } from './normalization/rms-normalization.ts';
export {
  globalAveragePooling1d,
  globalAveragePooling2d,
  globalMaxPooling1d,
  globalMaxPooling2d,
} from './pooling/global-pooling.ts';
export { averagePooling1d, averagePooling2d, maxPooling1d, maxPooling2d } from './pooling/pooling.ts';
export { bidirectional } from './recurrent/bidirectional.ts';
export { gru, gruCell } from './recurrent/gru.ts';
export { lstm, lstmCell } from './recurrent/lstm.ts';
export { rnn } from './recurrent/rnn.ts';
export { simpleRnn, simpleRnnCell } from './recurrent/simple-rnn.ts';
export { timeDistributed } from './recurrent/time-distributed.ts';
export { dropout } from './regularization/dropout.ts';
export { gaussianNoise } from './regularization/gaussian-noise.ts';
export { cropping1d, cropping2d } from './reshaping/cropping.ts';
export { flatten } from './reshaping/flatten.ts';
export { permute } from './reshaping/permute.ts';
export { repeatVector } from './reshaping/repeat-vector.ts';
export { reshape } from './reshaping/reshape.ts';
export { upSampling1d, upSampling2d } from './reshaping/up-sampling.ts';
export { zeroPadding1d, zeroPadding2d } from './reshaping/zero-padding.ts';
