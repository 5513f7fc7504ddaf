// A sample of every kind of layer: how one is made and what it is given. A layer that has no sample here does not compile.

import * as nn from '@treadle/nn';
import type { Shape } from '@treadle/tensor';

type Kinds = typeof nn.layers;

/** The names of the functions that make layers; those that make cells are used by the samples of `rnn`. */
export type LayerName = { [N in keyof Kinds]: ReturnType<Kinds[N]> extends nn.Layer ? N : never }[keyof Kinds];

export interface Sample {
  readonly make: () => nn.Layer;
  /** the shapes of one sample of each input */
  readonly shapes: readonly Shape[];
  /** inputs are whole numbers below it */
  readonly vocabulary?: number;
}

const one = (make: () => nn.Layer, ...shapes: readonly Shape[]): Sample => ({ make, shapes });

const samples: { readonly [N in LayerName]: readonly [Sample, ...Sample[]] } = {
  activation: [one(() => nn.activation('mish'), [4])],
  add: [one(() => nn.add(), [4, 3], [4, 3], [4, 1])],
  average: [one(() => nn.average(), [4], [4], [4])],
  averagePooling1d: [one(() => nn.averagePooling1d(), [6, 2])],
  averagePooling2d: [one(() => nn.averagePooling2d([2, 3], { strides: 2, padding: 'same' }), [5, 6, 2])],
  batchNormalization: [one(() => nn.batchNormalization({ gammaConstraint: nn.unitNorm() }), [4, 3])],
  bidirectional: [
    one(() => nn.bidirectional(nn.gru(3, { returnSequences: true }), { mergeMode: 'ave' }), [5, 3]),
    one(() => nn.bidirectional(nn.lstm(3, { returnState: true })), [5, 3], [3], [3], [3], [3]),
    one(() => nn.bidirectional(nn.gru(3), { backwardLayer: nn.simpleRnn(3, { goBackwards: true }) }), [5, 3]),
  ],
  concatenate: [one(() => nn.concatenate(), [4, 3], [4, 2]), one(() => nn.concatenate({ axis: 1 }), [4, 3], [2, 3])],
  conv1d: [one(() => nn.conv1d(4, 2, { padding: 'causal', groups: 2, dilationRate: 2 }), [6, 4])],
  conv2d: [one(() => nn.conv2d(3, [2, 3], { strides: [1, 2], padding: 'same', activation: 'tanh' }), [5, 6, 2])],
  conv2dTranspose: [one(() => nn.conv2dTranspose(3, 2, { strides: 2, outputPadding: 1 }), [3, 4, 2])],
  cropping1d: [one(() => nn.cropping1d([1, 2]), [6, 2])],
  cropping2d: [one(() => nn.cropping2d([1, [0, 2]]), [5, 6, 2])],
  dense: [
    one(() => nn.dense(5, { activation: 'gelu', kernelConstraint: nn.maxNorm(1), biasConstraint: nn.nonNeg() }), [7]),
    one(() => nn.dense(5, { kernelRegularizer: nn.l1l2({ l1: 0.1, l2: 0.2 }) }), [4, 7]),
    one(() => nn.dense(5, { name: 'answer', inputShape: [7], kernelInitializer: nn.initializers.heNormal() }), [7]),
  ],
  depthwiseConv2d: [one(() => nn.depthwiseConv2d(2, { depthMultiplier: 2 }), [4, 5, 3])],
  dot: [one(() => nn.dot([2, 1]), [4, 3], [3, 5]), one(() => nn.dot(1, { normalize: true }), [4], [4])],
  dropout: [one(() => nn.dropout(0.5, { seed: 3 }), [40])],
  embedding: [{ make: () => nn.embedding(9, 4, { maskZero: true }), shapes: [[6]], vocabulary: 9 }],
  flatten: [one(() => nn.flatten(), [3, 4])],
  gaussianNoise: [one(() => nn.gaussianNoise(0.5, { seed: 3 }), [40])],
  globalAveragePooling1d: [one(() => nn.globalAveragePooling1d(), [6, 2])],
  globalAveragePooling2d: [one(() => nn.globalAveragePooling2d({ keepDims: true }), [4, 5, 2])],
  globalMaxPooling1d: [one(() => nn.globalMaxPooling1d({ keepDims: true }), [6, 2])],
  globalMaxPooling2d: [one(() => nn.globalMaxPooling2d(), [4, 5, 2])],
  groupNormalization: [one(() => nn.groupNormalization(2), [5, 6])],
  gru: [
    one(() => nn.gru(4, { returnSequences: true, goBackwards: true }), [5, 3]),
    one(() => nn.gru(4, { resetAfter: false }), [5, 3]),
  ],
  layerNormalization: [
    one(() => nn.layerNormalization(), [4, 6]),
    one(() => nn.layerNormalization({ axis: [-2, -1], center: false }), [4, 6]),
  ],
  lstm: [
    one(() => nn.lstm(4, { returnSequences: true, returnState: true }), [5, 3]),
    one(() => nn.lstm(4, { dropout: 0.5, recurrentDropout: 0.25, seed: 1 }), [5, 3]),
    one(() => nn.lstm(4, { unitForgetBias: false }), [5, 3], [4], [4]),
  ],
  masking: [{ make: () => nn.masking(), shapes: [[4, 3]] }],
  maximum: [one(() => nn.maximum(), [4], [4])],
  maxout: [one(() => nn.maxout(3, 4), [5])],
  maxPooling1d: [one(() => nn.maxPooling1d(3, { strides: 2 }), [7, 2])],
  maxPooling2d: [one(() => nn.maxPooling2d(), [4, 6, 2])],
  minimum: [one(() => nn.minimum(), [4], [4])],
  multiHeadAttention: [
    one(() => nn.multiHeadAttention(2, 3, { useCausalMask: true }), [5, 4]),
    one(() => nn.multiHeadAttention(2, 3, { valueDim: 5, outputDim: 6 }), [5, 4], [7, 3], [7, 2]),
  ],
  multiply: [one(() => nn.multiply(), [4], [4], [4])],
  permute: [one(() => nn.permute([2, 1]), [3, 4])],
  positionEmbedding: [one(() => nn.positionEmbedding(8), [5, 3])],
  prelu: [one(() => nn.prelu({ alphaInitializer: 'ones', sharedAxes: [1] }), [3, 4])],
  repeatVector: [one(() => nn.repeatVector(3), [4])],
  reshape: [one(() => nn.reshape([2, -1]), [3, 4])],
  rmsNormalization: [one(() => nn.rmsNormalization({ scale: false }), [4, 6])],
  rnn: [
    one(
      () =>
        nn.rnn([nn.lstmCell(3), nn.gruCell(4, { kernelRegularizer: nn.l1l2({ l1: 0.1 }) })], {
          returnSequences: true,
          goBackwards: true,
        }),
      [5, 3],
    ),
    one(() => nn.rnn(nn.simpleRnnCell(2, { activation: 'relu' })), [5, 3]),
  ],
  separableConv2d: [one(() => nn.separableConv2d(3, 2, { useBias: false }), [4, 5, 2])],
  simpleRnn: [one(() => nn.simpleRnn(4), [5, 3])],
  subtract: [one(() => nn.subtract(), [4], [4])],
  timeDistributed: [one(() => nn.timeDistributed(nn.dense(4, { activation: 'tanh' })), [5, 3])],
  transformerEncoder: [
    one(() => nn.transformerEncoder(8, 2, { activation: 'gelu', dropout: 0.5, seed: 2 }), [5, 6]),
    one(() => nn.transformerEncoder(8, 2, { normalizeFirst: true }), [5, 6]),
  ],
  upSampling1d: [one(() => nn.upSampling1d(3), [3, 2])],
  upSampling2d: [
    one(() => nn.upSampling2d(2), [2, 3, 2]),
    { make: () => nn.upSampling2d([1, 2], { interpolation: 'bilinear' }), shapes: [[2, 3, 2]] },
  ],
  zeroPadding1d: [one(() => nn.zeroPadding1d([1, 2]), [4, 2])],
  zeroPadding2d: [one(() => nn.zeroPadding2d([1, [0, 2]]), [3, 4, 2])],
};

/** All samples, each with a title. */
export const titledSamples: readonly (readonly [title: string, sample: Sample])[] = Object.entries(samples).flatMap(
  ([kind, all]) => all.map((sample, i) => [i === 0 ? kind : `${kind} ${i + 1}`, sample] as const),
);
