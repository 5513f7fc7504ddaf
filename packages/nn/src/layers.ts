// All layers by their names, as Keras users call them: `layers.dense(10)`, `layers.add()`.

export { activation } from './activation.ts';
export { permute, repeatVector, reshape } from './arrange.ts';
export { batchNormalization } from './batch-normalization.ts';
export { dense } from './dense.ts';
export { dropout, gaussianNoise } from './dropout.ts';
export { embedding, positionEmbedding } from './embedding.ts';
export { flatten } from './flatten.ts';
export { gru } from './gru.ts';
export { lstm } from './lstm.ts';
export { masking } from './masking.ts';
export { maxout } from './maxout.ts';
export { add, average, concatenate, dot, maximum, minimum, multiply, subtract } from './merge.ts';
export { multiHeadAttention } from './multi-head-attention.ts';
export { groupNormalization, layerNormalization, rmsNormalization } from './normalization.ts';
export { prelu } from './prelu.ts';
export { simpleRnn } from './simple-rnn.ts';
export { transformerEncoder } from './transformer-encoder.ts';
export { bidirectional, timeDistributed } from './wrappers.ts';
