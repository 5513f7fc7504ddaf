// All layers by their names, as Keras users call them: `layers.dense(10)`, `layers.add()`.

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
export { embedding, positionEmbedding } from './core/embedding.ts';
export { masking } from './core/masking.ts';
export { maxout } from './core/maxout.ts';
export { add, average, concatenate, dot, maximum, minimum, multiply, subtract } from './merging/merge.ts';
export { batchNormalization } from './normalization/batch-normalization.ts';
export { groupNormalization, layerNormalization, rmsNormalization } from './normalization/normalization.ts';
export {
  globalAveragePooling1d,
  globalAveragePooling2d,
  globalMaxPooling1d,
  globalMaxPooling2d,
} from './pooling/global-pooling.ts';
export { averagePooling1d, averagePooling2d, maxPooling1d, maxPooling2d } from './pooling/pooling.ts';
export { bidirectional, timeDistributed } from './recurrent/bidirectional.ts';
export { gru, gruCell } from './recurrent/gru.ts';
export { lstm, lstmCell } from './recurrent/lstm.ts';
export { rnn } from './recurrent/rnn.ts';
export { simpleRnn, simpleRnnCell } from './recurrent/simple-rnn.ts';
export { dropout, gaussianNoise } from './regularization/dropout.ts';
export { flatten } from './reshaping/flatten.ts';
export { permute, repeatVector, reshape } from './reshaping/reshape.ts';
export { upSampling1d, upSampling2d } from './reshaping/up-sampling.ts';
export { cropping1d, cropping2d, zeroPadding1d, zeroPadding2d } from './reshaping/zero-padding.ts';
