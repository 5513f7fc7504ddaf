// All layers by their names, as Keras users call them: `layers.dense(10)`, `layers.add()`.

export { activation } from './activation.ts';
export { permute, repeatVector, reshape } from './arrange.ts';
export { batchNormalization } from './batch-normalization.ts';
export { conv1d } from './conv1d.ts';
export { conv2d } from './conv2d.ts';
export { conv2dTranspose } from './conv2d-transpose.ts';
export { dense } from './dense.ts';
export { depthwiseConv2d } from './depthwise-conv2d.ts';
export { dropout, gaussianNoise } from './dropout.ts';
export { embedding, positionEmbedding } from './embedding.ts';
export { flatten } from './flatten.ts';
export { gru, gruCell } from './gru.ts';
export { lstm, lstmCell } from './lstm.ts';
export { masking } from './masking.ts';
export { maxout } from './maxout.ts';
export { add, average, concatenate, dot, maximum, minimum, multiply, subtract } from './merge.ts';
export { multiHeadAttention } from './multi-head-attention.ts';
export { groupNormalization, layerNormalization, rmsNormalization } from './normalization.ts';
export { averagePooling1d, averagePooling2d, maxPooling1d, maxPooling2d } from './pooling.ts';
export {
  globalAveragePooling1d,
  globalAveragePooling2d,
  globalMaxPooling1d,
  globalMaxPooling2d,
} from './pooling-global.ts';
export { prelu } from './prelu.ts';
export { rnn } from './rnn.ts';
export { separableConv2d } from './separable-conv2d.ts';
export { simpleRnn, simpleRnnCell } from './simple-rnn.ts';
export { transformerEncoder } from './transformer-encoder.ts';
export { upSampling1d, upSampling2d } from './up-sampling.ts';
export { bidirectional, timeDistributed } from './wrappers.ts';
export { cropping1d, cropping2d, zeroPadding1d, zeroPadding2d } from './zero-padding.ts';
