// Unknown and wrong options are errors at the call, in every part of the package, and the message suggests the right
// name. Arguments that can be written in several ways mean the same.

import * as treadle from 'treadle';
import { describe, expect, test } from 'vitest';
import { isRefusal } from '../tensor/refusal.ts';

type Given = (...args: unknown[]) => unknown;

/** A function of the package by its path, without types, as plain JavaScript sees it. */
function plain(path: string): Given {
  let found: unknown = treadle;
  for (const name of path.split('.')) found = Reflect.get(Object(found), name);
  return found as Given;
}

async function errorOf(call: () => unknown): Promise<Error> {
  try {
    await call();
  } catch (error) {
    return error as Error;
  }
  throw new Error('internal: nothing was thrown');
}

const {
  dense,
  exponentialDecay,
  flatten,
  l2,
  lstm,
  maxNorm,
  minMaxScaler,
  reshape,
  sequential,
  standardScaler,
  tensor,
  trainTestSplit,
} = treadle;
const x = tensor([
  [0, 1],
  [1, 0],
  [1, 1],
  [0, 0],
]);
const y = tensor([[1], [1], [0], [0]]);

const refused: readonly (readonly [path: string, args: readonly unknown[], message: string])[] = [
  ['dense', [10, 'relu'], 'dense: options must be an object; got "relu"; did you mean { activation: "relu" }?'],
  ['dense', [10, { activaton: 'relu' }], 'dense: unknown option "activaton"; did you mean "activation"?'],
  ['dense', [10, { use_bias: false }], 'dense: unknown option "use_bias"; did you mean "useBias"?'],
  ['dense', [10, { useBias: 0 }], 'dense: useBias must be true or false; got 0'],
  ['dense', [10, { kernelRegularizer: 'L2' }], 'regularizer: it must be a function or one of l1, l1l2, l2; got "L2"'],
  [
    'dense',
    [10, { kernelConstraint: 5 }],
    'constraint: it must be a function or one of maxNorm, nonNeg, unitNorm; got 5',
  ],
  ['conv2d', [8, 3, { stride: 2 }], 'conv2d: unknown option "stride"; did you mean "strides"?'],
  ['conv2d', [8, 3, 2], 'conv2d: options must be an object; got 2; they are given by name, such as'],
  ['lstm', [8, { return_sequences: true }], 'lstm: unknown option "return_sequences"; did you mean "returnSequences"?'],
  ['maxout', [8, 2, { activation: 'relu' }], 'maxout: unknown option "activation"; it must be one of name'],
  ['dropout', ['0.5'], 'dropout: the rate must be a number; got "0.5"'],
  ['input', [8], 'input: the shape must be an array of numbers; got 8; input([8]) takes vectors of 8'],
  ['reshape', [1, 4], 'reshape: the shape must be an array of numbers; got 1; reshape([2, 3])'],
  ['sequential', [dense(1), dense(1)], 'sequential: the layers must be an array; got a function; sequential([a, b])'],
  ['sequential', [[dense]], 'sequential: layer 0 must be one, such as dense(10) makes; got a function'],
  ['model', [{ input: 1 }], 'model: unknown option "input"; did you mean "inputs"?'],
  ['flatten', [x], 'flatten: it makes a layer, before there are tensors; got a tensor; x.flatten() computes'],
  [
    'reshape',
    [x, [4]],
    'reshape: it makes a layer, before there are tensors; got a tensor; x.reshape([2, 3]) computes',
  ],
  ['layers.multiply', [x, x], 'multiply: it makes a layer, before there are tensors; got a tensor; mul(a, b) computes'],
  ['layers.subtract', [x, x], 'subtract: it makes a layer, before there are tensors; got a tensor; sub(a, b) computes'],
  [
    'layers.average',
    [[x, x]],
    'average: it makes a layer, before there are tensors; got an array of them; a.add(b).div(2)',
  ],
  [
    'layers.concatenate',
    [[x, x]],
    'concatenate: it makes a layer, before there are tensors; got an array of them; concat([a, b])',
  ],
  ['layers.dot', [x, x], 'dot: it makes a layer, before there are tensors; got a tensor; matmul(a, b) computes'],
  ['initializers.heNormal', [{ sead: 1 }], 'heNormal: unknown option "sead"; did you mean "seed"?'],
  ['activations.gelu', [x, { approx: true }], 'gelu: unknown option "approx"; did you mean "approximate"?'],
  ['l1l2', [{ l3: 1 }], 'l1l2: unknown option "l3"; did you mean "l1"?'],
  ['maxNorm', [2, { axes: 0 }], 'maxNorm: unknown option "axes"; did you mean "axis"?'],
  ['meanSquaredError', [{ reducton: 'sum' }], 'meanSquaredError: unknown option "reducton"; did you mean "reduction"?'],
  [
    'meanSquaredError',
    [y, y],
    'meanSquaredError: it makes a loss of its options; got a tensor; meanSquaredError()(yTrue, yPred)',
  ],
  [
    'binaryCrossentropy',
    [{ from_logits: true }],
    'binaryCrossentropy: unknown option "from_logits"; did you mean "fromLogits"?',
  ],
  ['huber', [{ detla: 1 }], 'huber: unknown option "detla"; did you mean "delta"?'],
  ['metrics.auc', [{ curves: 'PR' }], 'auc: unknown option "curves"; did you mean "curve"?'],
  ['metrics.precision', [{ treshold: 0 }], 'precision: unknown option "treshold"; did you mean "threshold"?'],
  ['sgd', [0.1, { clipnorm: 1 }], 'sgd: unknown option "clipnorm"; did you mean "clipNorm"?'],
  ['adam', [0.1, { beta_1: 0.9 }], 'adam: unknown option "beta_1"; did you mean "beta1"?'],
  [
    'adam',
    [{ learningRate: 0.1 }],
    'adam: the learning rate must be a finite number ≥ 0; got an object; it comes before',
  ],
  [
    'exponentialDecay',
    [0.1, 10, 0.9, { stair: true }],
    'exponentialDecay: unknown option "stair"; did you mean "staircase"?',
  ],
  ['exponentialDecay', [0.1, '10', 0.9], 'exponentialDecay: decaySteps must be a number above 0; got "10"'],
  ['trainTestSplit', [x, y, { test_size: 1 }], 'trainTestSplit: unknown option "test_size"; did you mean "testSize"?'],
  ['minMaxScaler', [{ ranges: [0, 1] }], 'minMaxScaler: unknown option "ranges"; did you mean "range"?'],
  ['digits', [{ sed: 1 }], 'digits: unknown option "sed"; did you mean "seed"?'],
  ['parseCsv', ['1,2', { seperator: ';' }], 'parseCsv: unknown option "seperator"; it must be one of'],
  ['parseCsv', ['1,2', { targets: 0 }], 'parseCsv: unknown option "targets"; did you mean "target"?'],
  ['dataset', [x, y, { batch_size: 2 }], 'dataset: unknown option "batch_size"; did you mean "batchSize"?'],
  ['earlyStopping', [{ patiance: 3 }], 'earlyStopping: unknown option "patiance"; did you mean "patience"?'],
];

test.each(refused)('%s refuses %j: %s', async (path, args, message) => {
  const error = await errorOf(() => plain(path)(...args));
  expect(error.message).toContain(message);
  expect(isRefusal(error)).toBe(true);
});

describe('a model', () => {
  const compiled = () => {
    const model = sequential([dense(1, { inputShape: [2], kernelInitializer: 'ones' })]);
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    return model;
  };
  const callback = (given: unknown) => [x, y, { verbose: 0, callbacks: [given] }];

  class Watch {
    onEpochFinish(): void {}
  }

  const wrong: readonly (readonly [method: string, args: readonly unknown[], message: string])[] = [
    ['fit', [x, y, { batch_size: 2 }], 'fit: unknown option "batch_size"; did you mean "batchSize"?'],
    ['fit', [{ x, y }, { epoch: 2 }], 'fit: unknown option "epoch"; did you mean "epochs"?'],
    ['fit', [x, y, { epochs: '2' }], 'fit: epochs must be a number; got "2"'],
    ['fit', [x], 'fit: x and y must be given; got a Tensor and undefined; { x, y } gives both at once'],
    ['fit', [{ x, y }, {}, {}], 'fit: options come after { x, y }; got a third argument'],
    ['fit', callback(() => {}), 'fit: callback 0 must be an object with methods such as onEpochEnd; got a function; '],
    ['fit', callback({ onEpochFinish() {} }), 'fit: callback 0: unknown method "onEpochFinish"; '],
    [
      'fit',
      callback({ on_epoch_end() {} }),
      'fit: callback 0: unknown method "on_epoch_end"; did you mean "onEpochEnd"?',
    ],
    ['fit', callback({ onEpochEnd: 3 }), 'fit: callback 0: onEpochEnd must be a function; got 3'],
    ['fit', callback(new Watch()), 'fit: callback 0: unknown method "onEpochFinish"; '],
    [
      'evaluate',
      [x, y, { verbose: 0 }],
      'evaluate: unknown option "verbose"; it must be one of batchSize, sampleWeight',
    ],
    ['predict', [x, { batchsize: 2 }], 'predict: unknown option "batchsize"; did you mean "batchSize"?'],
    ['predict', [x, 32], 'predict: options must be an object; got 32'],
    ['explain', [x, y, { batch: 2 }], 'explain: unknown option "batch"; did you mean "batchSize"?'],
    ['compile', [], 'compile: options must be an object; got undefined'],
    [
      'compile',
      [{ optimizer: 'sgd', loss: 'mse', metric: [] }],
      'compile: unknown option "metric"; did you mean "metrics"?',
    ],
    ['compile', [{ optimizer: 'sgd', loss: null }], 'loss: the name must be one of '],
    ['call', [x, { train: true }], 'sequential: unknown option "train"; did you mean "training"?'],
  ];

  test.each(wrong)('%s refuses %j', async (method, args, message) => {
    const model = compiled();
    const error = await errorOf(() => (Reflect.get(model, method) as Given).apply(model, [...args]));
    expect(error.message).toContain(message);
    expect(isRefusal(error)).toBe(true);
    expect(model.optimizer.iterations.item()).toBe(0);
  });

  test('accepts { x, y } instead of x and y, with the same bits', async () => {
    const [one, both] = [compiled(), compiled()];
    const options = { epochs: 2, verbose: 0, seed: 3 } as const;
    const first = await one.fit(x, y, { ...options, validationData: [x, y] });
    const second = await both.fit({ x, y }, { ...options, validationData: { x, y } });
    expect(second.history).toEqual(first.history);
    expect(await both.evaluate({ x, y }, { batchSize: 3 })).toEqual(await one.evaluate(x, y, { batchSize: 3 }));
    expect(both.explain({ x, y }).kernels).toEqual(one.explain(x, y).kernels);
  });

  test('whose inputs are named x and y takes an object { x, y } as its inputs', async () => {
    const [a, b] = [treadle.input([2]), treadle.input([2])];
    const model = treadle.model({ inputs: { x: a, y: b }, outputs: treadle.layers.add()([a, b]) });
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    expect((await model.evaluate({ x, y: x }, x.mul(2))).loss).toBe(0);
  });

  test('accepts a callback that is an instance of a class with other members', async () => {
    class Count {
      epochs = 0;
      onEpochEnd(): void {
        this.add();
      }
      add(): void {
        this.epochs++;
      }
    }
    const count = new Count();
    await compiled().fit(x, y, { epochs: 3, verbose: 0, callbacks: [count] });
    expect(count.epochs).toBe(3);
  });
});

test('a wrong result of a function that the user gave to a layer is an error that says what it must return', () => {
  const made = (options: object) => () => dense(1, options).call([[1, 2]]);
  expect(made({ kernelInitializer: () => treadle.zeros([1]) })).toThrow(
    'initializer: it must give a tensor of the shape that it is asked for; got [1] for [2, 1] of kernel',
  );
  expect(made({ activation: () => 3 })).toThrow('activation: the function must give a tensor; got 3');
});

describe('arguments that can be written in several ways', () => {
  test('a regularizer or constraint given by name has the default values', () => {
    const named = dense(1, { inputShape: [2], kernelRegularizer: 'l2', kernelConstraint: 'maxNorm' });
    const made = dense(1, { inputShape: [2], kernelRegularizer: l2(), kernelConstraint: maxNorm() });
    for (const layer of [named, made]) layer.build([2]);
    const weights = tensor([[30], [40]]);
    const figures = [named, made].map((layer) => {
      layer.variables[0]?.assign(weights);
      return [layer.losses?.()[0]?.item(), layer.variables[0]?.constraint?.(weights).toArray()];
    });
    expect(figures[0]).toEqual(figures[1]);
    expect(figures[0]?.[0]).toBe(Math.fround(Math.fround(0.01) * 2500));
  });

  test('calling a layer builds it, and it accepts arrays of numbers', () => {
    const layer = dense(3, { kernelInitializer: 'ones' });
    expect(layer.call([[1, 2]]).toArray()).toEqual([[3, 3, 3]]);
    expect(layer.variables).toHaveLength(2);
    expect(lstm(2).call([[[1], [2]]]).shape).toEqual([1, 2]);
    expect(flatten().call(treadle.zeros([2, 3, 4])).shape).toEqual([2, 12]);
    expect(reshape([3, -1]).call(treadle.zeros([2, 12])).shape).toEqual([2, 3, 4]);
    expect(treadle.transformerEncoder(4, 1).call(treadle.ones([1, 2, 2])).shape).toEqual([1, 2, 2]);
  });

  test('schedules are functions of numbers and of tensors', () => {
    const rate = exponentialDecay(0.5, 10, 0.25);
    for (const step of [0, 5, 10, 40]) expect(rate(step).item()).toBe(rate(tensor(step)).item());
    expect(rate(10).item()).toBeCloseTo(0.125, 6);
  });

  test('splits and scalers accept nested arrays', () => {
    const rows = x.toArray() as number[][];
    const labels = [0, 1, 1, 0];
    const split = trainTestSplit(rows, labels, { seed: 1 });
    const same = trainTestSplit(x, tensor(labels), { seed: 1 });
    expect(split.train.x.toArray()).toEqual(same.train.x.toArray());
    expect(split.test.y.toArray()).toEqual(same.test.y.toArray());
    for (const make of [standardScaler, minMaxScaler]) {
      expect(make().fitTransform(rows).toArray()).toEqual(make().fitTransform(x).toArray());
    }
  });
});
