// The interface of the package: every exported name, and its kind.

import * as treadle from 'treadle';
import { describe, expect, test } from 'vitest';

const functions = `
  tensor zeros ones full eye arange linspace randomNormal randomUniform setSeed variable
  concat stack checkpoint scan solve inv det cholesky qr lstsq svd eigh
  grad valueAndGrad gradients compile checkpoint explain profile
  threads setThreads features shutdown memory
  sequential model input connect layer dense flatten dropout activation l1 l2 l1l2 maxNorm nonNeg unitNorm
  reshape permute repeatVector gaussianNoise prelu maxout embedding positionEmbedding masking
  batchNormalization layerNormalization groupNormalization rmsNormalization
  simpleRnn lstm gru rnn simpleRnnCell lstmCell gruCell bidirectional timeDistributed multiHeadAttention transformerEncoder
  conv1d conv2d conv2dTranspose depthwiseConv2d separableConv2d zeroPadding1d zeroPadding2d cropping1d cropping2d
  maxPooling1d maxPooling2d averagePooling1d averagePooling2d upSampling1d upSampling2d
  globalMaxPooling1d globalMaxPooling2d globalAveragePooling1d globalAveragePooling2d
  meanSquaredError meanAbsoluteError binaryCrossentropy categoricalCrossentropy sparseCategoricalCrossentropy
  sgd adam exponentialDecay earlyStopping progress
  digits iris mnist readIdx parseIdx readCsv readCsvAsync parseCsv trainTestSplit standardScaler minMaxScaler dataset oneHot
  saveTensors loadTensors tensorsToBytes tensorsFromBytes saveNpy loadNpy npyToBytes npyFromBytes saveNpz loadNpz npzToBytes npzFromBytes
`;

const methods = `
  data read item toArray toJSON toString dispose realize detach
  add sub mul div pow mod maximum minimum neg abs sign exp expm1 log log1p sqrt rsqrt square reciprocal floor ceil round
  sin cos tan tanh sigmoid erf erfc softplus relu
  matmul conv1d conv2d conv2dTranspose depthwiseConv2d maxPool2d averagePool2d resize transpose reshape flatten squeeze expandDims slice gather split pad tile broadcastTo flip
  sum mean prod max min variance std logSumExp argmax argmin any all cumsum sort argsort topK
  equal notEqual less lessEqual greater greaterEqual logicalAnd logicalOr logicalNot where
  cast oneHot clip softmax logSoftmax
`;

const words = (text: string): string[] => text.trim().split(/\s+/);

test.each(words(functions))('%s is a function', (name) => {
  expect(Reflect.get(treadle, name)).toBeTypeOf('function');
});

test.each(words('dense add subtract multiply average maximum minimum concatenate dot lstm'))(
  'layers has %s',
  (name) => {
    expect(Reflect.get(treadle.layers, name)).toBeTypeOf('function');
  },
);

test.each(['Tensor', 'Variable', 'Model', 'ShapeError', 'DtypeError', 'FormatError'])('%s is a class', (name) => {
  expect(Reflect.get(treadle, name)).toHaveProperty('prototype');
});

test.each(words(methods))('a tensor has the method %s', (name) => {
  expect(Reflect.get(treadle.tensor([1]), name)).toBeTypeOf('function');
});

describe('a name means one thing', () => {
  const { layers, tensor, Tensor } = treadle;
  const reading = words('data read item toArray toJSON toString dispose realize detach');
  const computing = words(methods).filter((name) => !reading.includes(name));
  const layersAtTop = words('flatten reshape conv1d conv2d conv2dTranspose depthwiseConv2d');

  test.each(layersAtTop)('%s is a layer, and computes as a method only', (name) => {
    expect(Reflect.get(treadle, name)).toBe(Reflect.get(layers, name));
  });

  test('layers that merge, and could be taken for functions of tensors, are in layers only', () => {
    for (const name of words('add subtract multiply average maximum minimum concatenate dot')) {
      expect(Reflect.get(treadle, name), name).not.toBe(Reflect.get(layers, name));
    }
  });

  test.each(computing.filter((name) => ![...layersAtTop, 'oneHot'].includes(name)))(
    '%s(x, …) is x.%s(…), or refuses the same',
    (name) => {
      const x = tensor([
        [0.5, 2],
        [3, 4],
      ]);
      for (const rest of [[], [1], [x], [x, 2], [[0]], [[2, 2]]]) {
        const [f, method] = [Reflect.get(treadle, name), Reflect.get(x, name)];
        const outcomes = [() => Reflect.apply(f, undefined, [x, ...rest]), () => Reflect.apply(method, x, rest)].map(
          (call) => {
            try {
              const result: unknown = call();
              return result instanceof Tensor
                ? [result.shape, result.dtype, result.toArray()]
                : Object.keys(result ?? {});
            } catch (error) {
              return String(error);
            }
          },
        );
        expect(outcomes[0]).toEqual(outcomes[1]);
      }
    },
  );

  test('every method that computes is found', () => {
    const known = new Set([...words(methods), 'constructor']);
    const found = Object.getOwnPropertyNames(Tensor.prototype).filter(
      (name) => typeof Object.getOwnPropertyDescriptor(Tensor.prototype, name)?.value === 'function',
    );
    expect(found.filter((name) => !known.has(name))).toEqual([]);
  });

  test('a function of two operands says so when it is taken for a layer', () => {
    expect(() => Reflect.apply(treadle.add, undefined, [])).toThrow(
      'add: there must be two operands; got none; merging layers, such as layers.add()',
    );
    const x = tensor(1);
    expect(() => Reflect.apply(treadle.maximum, undefined, [[x, x]])).toThrow(
      'maximum: there must be two operands; got one',
    );
  });
});

test('a tensor has its shape, dtype, size and rank', () => {
  const { shape, dtype, size, rank } = treadle.tensor([[1, 2, 3]]);
  expect({ shape, dtype, size, rank }).toEqual({ shape: [1, 3], dtype: 'float32', size: 3, rank: 2 });
});

test('a variable is a tensor that can be assigned', () => {
  const v = treadle.variable([1, 2], { name: 'v', trainable: false });
  expect([v.name, v.trainable]).toEqual(['v', false]);
  expect([...v.assign([3, 4]).assignAdd(1).assignSub([0, 1]).data()]).toEqual([4, 4]);
  expect(v).toBeInstanceOf(treadle.Tensor);
});

test('features() and memory() describe the engine', () => {
  const { simd, fma, threads } = treadle.features();
  expect(['scalar', '128', '256']).toContain(simd);
  expect(fma).toBeTypeOf('boolean');
  expect(threads).toBe(treadle.threads());
  const { bytesInUse, bytesReserved, tensors, plans } = treadle.memory();
  for (const figure of [bytesInUse, bytesReserved, tensors, plans]) expect(figure).toBeGreaterThanOrEqual(0);
});

describe('a model has', () => {
  const model = treadle.sequential([treadle.dense(2, { inputShape: [3] })]);

  test.each(words('compile fit evaluate predict summary getWeights setWeights'))('%s', (name) => {
    expect(Reflect.get(model, name)).toBeTypeOf('function');
  });

  test('its variables and its weights by name', () => {
    expect(model.variables).toHaveLength(2);
    expect(model.trainableVariables).toHaveLength(2);
    const weights = model.getWeights();
    expect(Object.keys(weights)).toEqual(['dense/kernel', 'dense/bias']);
    model.setWeights({ ...weights, 'dense/bias': [5, 6] });
    expect(model.getWeights()['dense/bias']?.toArray()).toEqual([5, 6]);
  });
});
