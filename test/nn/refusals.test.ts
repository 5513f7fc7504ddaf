// What layers refuse, where they are made, built or called: each in the form `layer: rule; got …`.

import {
  add,
  average,
  batchNormalization,
  concatenate,
  dot,
  embedding,
  gaussianNoise,
  groupNormalization,
  layerFrom,
  layerNormalization,
  lstm,
  masking,
  maxout,
  multiHeadAttention,
  permute,
  positionEmbedding,
  prelu,
  repeatVector,
  rmsNormalization,
  subtract,
  timeDistributed,
  transformerEncoder,
} from '@treadle/nn';
import { ShapeError, zeros } from '@treadle/tensor';
import { expect, test } from 'vitest';
import { apply } from './apply.ts';

/** A layer that was built for one shape, built for another. */
const rebuilt = (
  layer: { build(shape: readonly number[]): unknown },
  first: readonly number[],
  then: readonly number[],
) => {
  layer.build(first);
  return layer.build(then);
};

const ranges: readonly (readonly [string, () => unknown])[] = [
  ['embedding: inputDim must be a whole number ≥ 1; got 0', () => embedding(0, 2)],
  ['embedding: outputDim must be a whole number ≥ 1; got 1.5', () => embedding(3, 1.5)],
  ['positionEmbedding: sequenceLength must be a whole number ≥ 1; got -1', () => positionEmbedding(-1)],
  ['maxout: pieces must be a whole number ≥ 1; got 0', () => maxout(2, 0)],
  ['repeatVector: n must be a whole number ≥ 1; got 0', () => repeatVector(0)],
  ['permute: dims must be 1 … n, each once; got [0, 1]', () => permute([0, 1])],
  ['gaussianNoise: stddev must be a number ≥ 0; got -1', () => gaussianNoise(-1)],
  ['groupNormalization: groups must be a whole number ≥ 1; got 0', () => groupNormalization(0)],
  [
    'layerNormalization: an axis must be one of a sample, 1 … 2 or counted from the end; got 3 for [batch, 4, 5]',
    () => layerNormalization({ axis: 3 }).build([4, 5]),
  ],
  [
    'rmsNormalization: an axis must be one of a sample, 1 … 1 or counted from the end; got 0',
    () => rmsNormalization({ axis: 0 }).build([4]),
  ],
  ['multiHeadAttention: numHeads must be a whole number ≥ 1; got 0', () => multiHeadAttention(0, 2)],
  ['multiHeadAttention: keyDim must be a whole number ≥ 1; got 0', () => multiHeadAttention(2, 0)],
  [
    'multiHeadAttention: the inputs must be query, value and key, the last or both left out; got 4',
    () =>
      multiHeadAttention(1, 2).buildAll?.([
        [2, 2],
        [2, 2],
        [2, 2],
        [2, 2],
      ]),
  ],
  ['transformerEncoder: 4 heads must share the features; got 6', () => transformerEncoder(8, 4).build([3, 6])],
  ['lstm: units must be a whole number ≥ 1; got 0', () => lstm(0)],
  ['lstm: a seed must be a whole number from 0 to 2³² − 1; got -1', () => lstm(2, { seed: -1 })],
  ['subtract: there must be 2 inputs; got 3', () => subtract().buildAll?.([[1], [1], [1]])],
  ['add: there must be one or more inputs; got 0', () => add().buildAll?.([])],
  ['subtract: there must be 2 inputs; got 0', () => subtract().callAll?.([], { training: false })],
  ['dot: axes must be a number, or two; got [1]', () => Reflect.apply(dot, undefined, [[1]])],
  ['concatenate: there must be one or more inputs; got 0', () => concatenate().buildAll?.([])],
  ['dot: there must be 2 inputs; got 1', () => dot(1).build([2])],
  [
    'layerFrom: every option must have its type; got layer = undefined for timeDistributed',
    () => layerFrom({ kind: 'timeDistributed' }),
  ],
  [
    'layerFrom: every option must have its type; got layer = 3 for bidirectional',
    () => layerFrom({ kind: 'bidirectional', layer: 3 }),
  ],
  [
    'layerFrom: a layer that goes both ways must be one of gru, lstm, rnn, simpleRnn; got dense',
    () => layerFrom({ kind: 'bidirectional', layer: { kind: 'dense', units: 1 } }),
  ],
  [
    'layerFrom: every option must have its type; got mergeMode = "max" for bidirectional',
    () => layerFrom({ kind: 'bidirectional', layer: { kind: 'lstm', units: 1 }, mergeMode: 'max' }),
  ],
  [
    'constraint: the kind must be one of maxNorm, nonNeg, unitNorm; got "min"',
    () => layerFrom({ kind: 'dense', units: 1, kernelConstraint: { kind: 'min' } }),
  ],
  [
    'layerFrom: every option must have its type; got sharedAxes = 2 for prelu',
    () => layerFrom({ kind: 'prelu', sharedAxes: 2 }),
  ],
  [
    'timeDistributed: layer must be a name, or made by this package, to be saved; got a custom one',
    () => timeDistributed({ variables: [], build: (s) => s, call: (x) => x }).config?.(),
  ],
];

test.each(ranges)('%s', (message, act) => {
  expect(act).toThrow(RangeError);
  expect(act).toThrow(message);
});

const shapes: readonly (readonly [string, () => unknown])[] = [
  ['groupNormalization: 4 groups must divide the channels; got 6', () => groupNormalization(4).build([6])],
  [
    'layerNormalization: the axes must have the extents for which it was built, [4]; got [5]',
    () => rebuilt(layerNormalization(), [4], [5]),
  ],
  [
    'batchNormalization: there must be 3 channels, as when it was built; got 4',
    () => rebuilt(batchNormalization(), [3], [4]),
  ],
  ['prelu: a sample must have a slope for each element, [3]; got [4]', () => rebuilt(prelu(), [3], [4])],
  ['permute: a sample must have an axis for each of dims [2, 1]; got [3]', () => permute([2, 1]).build([3])],
  ['repeatVector: a sample must be a vector; got [2, 3]', () => repeatVector(2).build([2, 3])],
  ['masking: a sample must be [steps, features, …]; got [3]', () => masking().build([3])],
  ['timeDistributed: a sample must have steps; got []', () => timeDistributed(masking()).build([])],
  [
    'positionEmbedding: a sample must be [steps, 3] with 4 steps at most; got [5, 3]',
    () => positionEmbedding(4).build([5, 3]),
  ],
  [
    'positionEmbedding: a sample must be [steps, 3] with 4 steps at most; got [4, 2]',
    () => rebuilt(positionEmbedding(4), [4, 3], [4, 2]),
  ],
  [
    'average: samples must have the same shape, or extents of 1 to be stretched; got [2] and [3]',
    () => average().buildAll?.([[2], [3]]),
  ],
  [
    'concatenate: all extents but that of axis 2 must be equal; got [2, 3], [3, 3]',
    () =>
      concatenate().buildAll?.([
        [2, 3],
        [3, 3],
      ]),
  ],
  [
    'dot: samples must have one or two axes, and the same extent along those summed over; got [2], axis 1, and [3], axis 1',
    () => dot(1).buildAll?.([[2], [3]]),
  ],
  [
    'multiHeadAttention: samples must be [positions, features], as many of the key as of the value; got [3, 2], [4, 2], [5, 2]',
    () =>
      multiHeadAttention(1, 2).buildAll?.([
        [3, 2],
        [4, 2],
        [5, 2],
      ]),
  ],
  [
    'multiHeadAttention: the query must have 2 features, as when it was built; got 3',
    () => rebuilt(multiHeadAttention(1, 2), [3, 2], [3, 3]),
  ],
  ['lstm: a sample must be [steps, features]; got []', () => lstm(2).callAll?.([], { training: false })],
  ['lstm: a sample must be [steps, 3]; got [5, 4]', () => rebuilt(lstm(2), [5, 3], [5, 4])],
  ['lstm: a sample must be [steps, 3]; got [0, 3]', () => rebuilt(lstm(2), [5, 3], [0, 3])],
];

test.each(shapes)('%s', (message, act) => {
  expect(act).toThrow(ShapeError);
  expect(act).toThrow(message);
});

test('words that are not in the vocabulary are refused where they are known', () => {
  expect(() => apply(embedding(3, 2), zeros([1, 2], { dtype: 'int32' }).add(3).cast('int32').realize())).toThrow(
    'embedding: indices must be at least 0 and less than 3; got 3 at [0, 0]',
  );
});
