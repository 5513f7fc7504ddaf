// Models whose samples have sizes that are not known before a call, such as sequences of any length: they compute what models of
// samples of one size do.

import {
  activation,
  add,
  averagePooling1d,
  batchNormalization,
  bidirectional,
  type Connectable,
  concatenate,
  conv1d,
  conv2d,
  dense,
  dropout,
  embedding,
  flatten,
  globalAveragePooling1d,
  globalMaxPooling1d,
  globalMaxPooling2d,
  graphBetween,
  gru,
  input,
  type Layer,
  layer,
  layerNormalization,
  lstm,
  lstmCell,
  masking,
  maxPooling1d,
  multiHeadAttention,
  Network,
  networkFrom,
  type OpenShape,
  permute,
  repeatVector,
  reshape,
  rnn,
  Sequential,
  type SymbolicTensor,
  simpleRnn,
  timeDistributed,
  transformerEncoder,
} from '@treadle/nn';
import { randomNormal, type Shape, setSeed, type Tensor, tensor } from '@treadle/tensor';
import { describe, expect, test } from 'vitest';
import { difference } from '../support/bits.ts';

type Apply = (x: SymbolicTensor) => SymbolicTensor;

const kinds: Readonly<Record<string, readonly [shape: OpenShape, after: OpenShape, apply: () => Apply]>> = {
  lstm: [[null, 4], [3], () => lstm(3)],
  'lstm of sequences': [[null, 4], [null, 3], () => lstm(3, { returnSequences: true, goBackwards: true })],
  gru: [[null, 4], [3], () => gru(3, { resetAfter: false })],
  simpleRnn: [[null, 4], [null, 3], () => simpleRnn(3, { returnSequences: true })],
  rnn: [[null, 4], [2], () => rnn([lstmCell(3), lstmCell(2)])],
  bidirectional: [[null, 4], [null, 6], () => bidirectional(lstm(3, { returnSequences: true }))],
  timeDistributed: [[null, 2, 2], [null, 5], () => (x) => timeDistributed(dense(5))(timeDistributed(flatten())(x))],
  dense: [[null, 4], [null, 3], () => dense(3)],
  'dense over two': [[null, null, 4], [null, null, 3], () => dense(3)],
  activation: [[null, 4], [null, 4], () => activation('softmax')],
  dropout: [[null, null], [null, null], () => dropout(0.5)],
  layerNormalization: [[null, 4], [null, 4], () => layerNormalization()],
  batchNormalization: [[null, 4], [null, 4], () => batchNormalization()],
  'masking before lstm': [[null, 4], [3], () => (x) => lstm(3)(masking()(x))],
  globalAveragePooling1d: [[null, 4], [4], () => globalAveragePooling1d()],
  'globalMaxPooling1d that keeps': [[null, 4], [1, 4], () => globalMaxPooling1d({ keepDims: true })],
  conv1d: [[null, 4], [null, 3], () => conv1d(3, 2)],
  'conv1d of two strides': [[null, 4], [null, 3], () => conv1d(3, 2, { strides: 2, padding: 'same' })],
  maxPooling1d: [[null, 4], [null, 4], () => maxPooling1d(2)],
  averagePooling1d: [[null, 4], [null, 4], () => averagePooling1d(2, { strides: 1 })],
  conv2d: [[null, null, 2], [3], () => (x) => globalMaxPooling2d()(conv2d(3, 2)(x))],
  permute: [[null, 4], [4, null], () => permute([2, 1])],
  multiHeadAttention: [[null, 4], [null, 4], () => multiHeadAttention(2, 2, { useCausalMask: true })],
  transformerEncoder: [[null, 4], [null, 4], () => transformerEncoder(8, 2)],
  'a sum': [[null, 4], [null, 4], () => (x) => add()([dense(4)(x), x])],
  'both side by side': [[null, 4], [null, 7], () => (x) => concatenate()([dense(3)(x), x])],
  'a model within': [[null, 4], [null, 3], () => new Sequential([dense(5, { inputShape: [null, 4] }), dense(3)])],
};

function made(shape: OpenShape, apply: () => Apply): Network {
  setSeed(5);
  const x = input(shape);
  return new Network(graphBetween(x, apply()(x)));
}

const withLength = (shape: OpenShape, length: number): Shape => shape.map((extent) => extent ?? length);

test.each(Object.entries(kinds))(
  '%s computes for any length what a model of that length does',
  (_, [shape, after, apply]) => {
    const open = made(shape, apply);
    expect(open.inputShapes).toEqual([shape]);
    expect(open.outputShapes).toEqual([after]);
    const names = [...open.namedVariables].map(([name, { shape: own }]) => [name, own]);
    for (const length of [6, 3, 7]) {
      const x = randomNormal([2, ...withLength(shape, length)], { seed: length }).realize();
      const fixed = made(withLength(shape, length), apply);
      expect([...fixed.namedVariables].map(([name, { shape: own }]) => [name, own])).toEqual(names);
      fixed.setWeights(open.getWeights());
      const [got, expected] = [open.call(x), fixed.call(x)];
      expect(got.shape.slice(1)).toEqual(fixed.outputShape);
      expect(difference(got, expected)).toBeUndefined();
    }
  },
);

test('embedding and masks take sequences of any length, padded or not', () => {
  const model = new Sequential([
    embedding(9, 3, { maskZero: true, inputShape: [null] }),
    bidirectional(gru(2)),
    dense(1),
  ]);
  expect([model.inputShape, model.outputShape]).toEqual([[null], [1]]);
  const words = [
    [3, 1, 8],
    [2, 2, 4],
  ];
  const padded = words.map((row) => [...row, 0, 0]);
  const call = (rows: readonly (readonly number[])[]): Tensor => model.call(tensor(rows, { dtype: 'int32' }));
  expect(difference(call(padded), call(words))).toBeUndefined();
});

test('a model is made again from its config as JSON, with the sizes that are not known', () => {
  const sequential = new Sequential([lstm(3, { returnSequences: true, inputShape: [null, 4] }), dense(2)]);
  const a = input([null, 4], { name: 'a' });
  const graph = new Network(graphBetween({ a }, { y: dense(2)(gru(3)(a)) }));
  for (const model of [sequential, graph]) {
    const again = networkFrom(JSON.parse(JSON.stringify(model.config())));
    expect([again.inputShapes, again.outputShapes]).toEqual([model.inputShapes, model.outputShapes]);
    expect(again.config()).toEqual(model.config());
  }
  expect(sequential.describeLayers().map(({ outputShape }) => outputShape)).toEqual([
    [null, 3],
    [null, 2],
  ]);
});

describe('a layer that needs a known size throws:', () => {
  const x = input([null, 4]);
  const own = (more: Partial<Layer> = {}): Layer => ({
    kind: 'mine',
    variables: [],
    build: ([, n = 0]) => [n],
    call: (t) => t.sum(1),
    ...more,
  });
  const hint =
    'give a number in the place of null, or a layer before it that makes one size of all, such as globalAveragePooling1d() or lstm(8)';
  const apply =
    (of: Layer & ((x: Connectable) => SymbolicTensor), at = x) =>
    () =>
      of(at);
  test.each([
    ['flatten', apply(flatten()), `flatten: it needs a known size; got [batch, null, 4]; ${hint}`],
    ['reshape', apply(reshape([2, -1])), 'reshape: it needs a known size; got [batch, null, 4]'],
    ['repeatVector', apply(repeatVector(2), input([null])), 'repeatVector: it needs a known size; got [batch, null]'],
    ['dense', apply(dense(2), input([4, null])), 'dense: it needs a known size of axis -1; got [batch, 4, null]'],
    ['lstm', apply(lstm(2), input([4, null])), 'lstm: it needs a known size of axis 2; got [batch, 4, null]'],
    [
      'batchNormalization',
      apply(batchNormalization({ axis: 1 })),
      'batchNormalization: it needs a known size of axis 1; got [batch, null, 4]',
    ],
    ['a layer of one’s own', apply(layer(own())), 'mine: it needs a known size; got [batch, null, 4]'],
    [
      'a layer within another',
      apply(timeDistributed(dense(2)), input([3, null])),
      'timeDistributed: it needs a known size of axis 2',
    ],
    ['a sum with a fixed size', () => add()([x, input([5, 4])]), 'got [null, 4] and [5, 4]'],
  ] as const)('%s', (_, act, message) => {
    expect(act).toThrow(message);
  });

  test('unless a custom layer defines buildOpen', () => {
    const said = layer(own({ buildOpen: ([shape]) => [[shape?.[1] ?? null]] }));
    expect(said(x).shape).toEqual([4]);
  });
});

test('samples must have the sizes that are known', () => {
  const model = new Sequential([dense(2, { inputShape: [null, 4] })]);
  expect(() => model.call(randomNormal([2, 3, 5]))).toThrow(
    'sequential: its input must have the shape [batch, null, 4]; got [2, 3, 5]',
  );
  expect(() => model.call(randomNormal([2, 4]))).toThrow('its input must have the shape [batch, null, 4]; got [2, 4]');
  expect(() => input([null, 0.5])).toThrow('input: a shape must be of whole numbers ≥ 0');
  expect(() => Reflect.apply(dense, undefined, [2, { inputShape: [null, 'x'] }])).toThrow(
    'dense: inputShape must be an array of numbers; got',
  );
});
