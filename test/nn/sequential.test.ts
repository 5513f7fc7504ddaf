// The laws of models that are layers in a row: shapes, names, weights, and that they can learn.

import { meanSquaredError } from '@treadle/losses';
import {
  activation,
  dense,
  dropout,
  flatten,
  initializers,
  type Layer,
  type LayerConfig,
  l2,
  layerFrom,
  networkFrom,
  Sequential,
} from '@treadle/nn';
import { adam } from '@treadle/optim';
import { compile, gradients, randomNormal, ShapeError, type Tensor, tensor, variable } from '@treadle/tensor';
import { describe, expect, test } from 'vitest';

const small = (): Sequential =>
  new Sequential([dense(3, { inputShape: [2], activation: 'tanh' }), dropout(0.5), dense(1)]);

describe('building', () => {
  test('happens at once where the first layer has an inputShape, otherwise at the first call', () => {
    const built = small();
    expect([built.isBuilt, built.inputShape, built.outputShape, built.variables.length]).toEqual([true, [2], [1], 4]);
    const lazy = new Sequential([flatten(), dense(4)]);
    expect([lazy.isBuilt, lazy.inputShape, lazy.outputShape, lazy.variables.length]).toEqual([
      false,
      undefined,
      undefined,
      0,
    ]);
    expect(lazy.call(randomNormal([5, 2, 3])).shape).toEqual([5, 4]);
    expect([lazy.isBuilt, lazy.inputShape, lazy.outputShape, lazy.variables.length]).toEqual([true, [2, 3], [4], 2]);
  });

  test('describes each layer: name, kind, shape and parameters', () => {
    const model = new Sequential([
      flatten({ inputShape: [4, 4] }),
      dense(8, { name: 'hidden' }),
      dense(2, { useBias: false }),
    ]);
    expect(model.describeLayers()).toEqual([
      { name: 'flatten', kind: 'flatten', outputShape: [16], params: 0, trainableParams: 0, inputs: ['input'] },
      { name: 'hidden', kind: 'dense', outputShape: [8], params: 136, trainableParams: 136, inputs: ['flatten'] },
      { name: 'dense', kind: 'dense', outputShape: [2], params: 16, trainableParams: 16, inputs: ['hidden'] },
    ]);
    expect(model.countParams()).toBe(152);
  });

  test('refuses inputs of another shape than promised, and layers that do not fit', () => {
    expect(() => small().call([[1, 2, 3]])).toThrow(ShapeError);
    expect(() => small().call([[1, 2, 3]])).toThrow('sequential: its input must have the shape [batch, 2]; got [1, 3]');
    expect(() => small().call(1)).toThrow('sequential: the first axis of its input must be the batch');
    expect(() => new Sequential([dense(3, { inputShape: [2] }), dense(1, { inputShape: [4] })])).toThrow(
      'sequential: the samples that layer dense_1 is given must have its inputShape; got [3] for [4]',
    );
  });

  test('refuses no layers, and the same layer twice', () => {
    const layer = dense(2);
    expect(() => new Sequential([])).toThrow('sequential: there must be one layer or more; got none');
    expect(() => new Sequential([layer, activation('relu'), layer])).toThrow(
      'a layer may be given once; got layer 2 again',
    );
  });

  test('methods that need the weights throw before the model is built', () => {
    const lazy = new Sequential([dense(1)]);
    for (const ask of [
      () => lazy.getWeights(),
      () => lazy.setWeights({}),
      () => lazy.countParams(),
      () => lazy.describeLayers(),
    ]) {
      expect(ask).toThrow(ShapeError);
      expect(ask).toThrow('give the first layer an inputShape, or call the model once');
    }
  });
});

describe('names', () => {
  test('are the user’s, or the kind with 1, 2, … after it, each once', () => {
    const model = new Sequential([dense(1, { inputShape: [1] }), dense(1, { name: 'dense_1' }), dense(1), flatten()]);
    expect(model.layerNames).toEqual(['dense', 'dense_1', 'dense_2', 'flatten']);
    expect([...model.namedVariables.keys()]).toEqual([
      'dense/kernel',
      'dense/bias',
      'dense_1/kernel',
      'dense_1/bias',
      'dense_2/kernel',
      'dense_2/bias',
    ]);
    expect(() => new Sequential([dense(1, { name: 'a' }), dense(1, { name: 'a' })])).toThrow(
      'sequential: layers must have different names; got "a" twice',
    );
  });

  test('of a model in a model lead through it', () => {
    const inner = new Sequential([dense(2), dense(2)], { name: 'inner' });
    const model = new Sequential([dense(3, { inputShape: [1] }), inner, dense(1)]);
    expect([...model.namedVariables.keys()].filter((name) => name.endsWith('kernel'))).toEqual([
      'dense/kernel',
      'inner/dense/kernel',
      'inner/dense_1/kernel',
      'dense_1/kernel',
    ]);
    expect(model.call([[1]]).shape).toEqual([1, 1]);
  });

  test('of variables without one are made up', () => {
    const own: Layer = {
      kind: 'pair',
      variables: [variable(1), variable(2), variable(3, { name: 'variable1', trainable: false })],
      build: (shape) => shape,
      call: (x) => x,
    };
    const model = new Sequential([own]);
    model.build([1]);
    expect([...model.namedVariables.keys()]).toEqual(['pair/variable', 'pair/variable_1', 'pair/variable1']);
    expect([model.variables.length, model.trainableVariables.length]).toEqual([3, 2]);
    expect(model.describeLayers()[0]).toMatchObject({ params: 3, trainableParams: 2 });
  });
});

describe('weights', () => {
  test('that were read and set again give the same predictions, bit for bit', () => {
    const [a, b] = [small(), small()];
    const x = randomNormal([7, 2], { seed: 1 });
    expect(b.call(x).data()).not.toEqual(a.call(x).data());
    b.setWeights(a.getWeights());
    expect(b.call(x).data()).toEqual(a.call(x).data());
  });

  test('that were read do not change with the variables', () => {
    const model = small();
    const weights = model.getWeights();
    const before = weights['dense/kernel']?.data();
    model.variables[0]?.assign(0);
    expect(weights['dense/kernel']?.data()).toEqual(before);
    expect(model.getWeights()['dense/kernel']?.data()).not.toEqual(before);
  });

  test('are tensors, nested arrays of the shape, or typed arrays of as many elements', () => {
    const model = new Sequential([dense(2, { inputShape: [1] })]);
    model.setWeights({ 'dense/kernel': Float32Array.of(1, 2), 'dense/bias': [3, 4] });
    expect(model.call([[1]]).toArray()).toEqual([[4, 6]]);
    model.setWeights({ 'dense/kernel': [[5, 6]], 'dense/bias': tensor([0, 0]) });
    expect(model.call([[1]]).toArray()).toEqual([[5, 6]]);
  });

  test('that do not fit are refused, and then none is set', () => {
    const model = new Sequential([dense(2, { inputShape: [1] })]);
    const before = model.variables.map((v) => v.data());
    const set = (weights: Parameters<typeof model.setWeights>[0]) => () => model.setWeights(weights);
    expect(set({ 'dense/kernel': [[9, 9]], 'dense/bias': [1, 2, 3] })).toThrow(ShapeError);
    expect(set({ 'dense/kernel': [[9, 9]], 'dense/bias': [1, 2, 3] })).toThrow(
      'setWeights: dense/bias must have the shape [2]; got [3]',
    );
    expect(set({ 'dense/kernel': [9, 9], 'dense/bias': [1, 2] })).toThrow('must have the shape [1, 2]; got [2]');
    expect(set({ 'dense/kernel': [[9, 9]] })).toThrow('setWeights: every variable must be given; got no dense/bias');
    expect(set({ 'dense/kernel': [[9, 9]], 'dense/bias': [1, 2], 'dense/scale': [1] })).toThrow(
      'setWeights: every name must be that of a variable; got dense/scale; there are dense/kernel, dense/bias',
    );
    expect(model.variables.map((v) => v.data())).toEqual(before);
  });
});

describe('as plain data', () => {
  test('a model made again from its config, with its weights, is the same model', () => {
    const inner = new Sequential([dense(3, { activation: 'elu', kernelInitializer: 'heNormal' })], { name: 'inner' });
    const model = new Sequential([
      flatten({ inputShape: [2, 2] }),
      dense(4, { kernelRegularizer: l2(0.5), biasInitializer: initializers.constant(1), name: 'first' }),
      activation('swish'),
      dropout(0.25, { seed: 1 }),
      inner,
      dense(1, { useBias: false }),
    ]);
    const config: LayerConfig = JSON.parse(JSON.stringify(model.config()));
    const again = networkFrom(config);
    expect(again.layerNames).toEqual(model.layerNames);
    expect(again.config()).toEqual(model.config());
    again.setWeights(model.getWeights());
    const x = randomNormal([3, 2, 2], { seed: 2 });
    for (const training of [false, true]) {
      expect(again.call(x, { training }).data()).toEqual(model.call(x, { training }).data());
    }
    expect(again.losses().map((t) => t.item())).toEqual(model.losses().map((t) => t.item()));
  });

  test('layers of one’s own take part by their own makers', () => {
    const doubled = (): Layer => ({
      kind: 'doubled',
      variables: [],
      build: (s) => s,
      call: (x) => x.mul(2),
      config: () => ({ kind: 'doubled' }),
    });
    const again = layerFrom(new Sequential([doubled()]).config(), { layers: { doubled } });
    again.build([1]);
    expect(again.call(tensor([[3]]), { training: false }).toArray()).toEqual([[6]]);
  });

  test('what has no such form is refused', () => {
    const plain: Layer = { variables: [], build: (s) => s, call: (x) => x };
    expect(() => new Sequential([plain]).config()).toThrow('sequential: layer layer cannot be saved; it has no config');
    expect(() => dense(1, { activation: (x) => x }).config?.()).toThrow(
      'dense: activation must be a name, or made by this package, to be saved; got a custom one',
    );
    expect(() => activation((x) => x).config?.()).toThrow(RangeError);
    expect(() => dense(1, { kernelRegularizer: (w) => w.sum() }).config?.()).toThrow(
      'dense: kernelRegularizer must be',
    );
    expect(() => layerFrom({ kind: 'lost' })).toThrow('layerFrom: the kind must be one of sequential, model, ');
    expect(() => layerFrom({ kind: 'dense' })).toThrow(
      'layerFrom: every option must have its type; got units = undefined',
    );
    const wrong: Record<string, unknown> = {
      units: 'two',
      activation: 1,
      useBias: 'no',
      inputShape: ['a'],
      kernelRegularizer: 3,
      name: 1,
    };
    for (const [option, value] of Object.entries(wrong)) {
      expect(() => layerFrom({ kind: 'dense', units: 2, [option]: value })).toThrow(
        `layerFrom: every option must have its type; got ${option} = `,
      );
    }
    expect(() => networkFrom({ kind: 'sequential', layers: [1] })).toThrow(RangeError);
    expect(() => layerFrom({ kind: 'dense', units: 1, activation: 'no' })).toThrow(RangeError);
  });
});

test('XOR is learned by two tanh layers of 4 and 1', () => {
  const model = new Sequential([
    dense(4, { inputShape: [2], activation: 'tanh', kernelInitializer: initializers.glorotUniform({ seed: 2 }) }),
    dense(1, { activation: 'tanh', kernelInitializer: initializers.glorotUniform({ seed: 3 }) }),
  ]);
  const [loss, optimizer, variables] = [meanSquaredError(), adam(0.05), model.trainableVariables];
  const step = compile((x: Tensor, y: Tensor) => {
    const value = loss(y, model.call(x, { training: true }));
    optimizer.apply(gradients(value, variables), variables);
    return value;
  });
  const x = tensor([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ]);
  const y = tensor([[0], [1], [1], [0]]);
  for (let i = 0; i < 500; i++) step(x, y);
  expect(model.call(x).greater(0.5).toArray()).toEqual([[0], [1], [1], [0]]);
  expect(step(x, y).item()).toBeLessThan(0.01);
});

test('a network of 2, 3 and 1 sigmoids with given weights predicts what float64 does, to 10⁻⁵', () => {
  const [w1, b1] = [
    [
      [-8.93, 0.29, 12.9],
      [-0.1, -7.32, 10.81],
    ],
    [-9.82, -9.28, 0.96],
  ] as const;
  const [w2, b2] = [[[-31.18], [-27.59], [-32.56]], [15.41]] as const;
  const model = new Sequential([
    dense(3, { inputShape: [2], activation: 'sigmoid' }),
    dense(1, { activation: 'sigmoid' }),
  ]);
  model.setWeights({ 'dense/kernel': w1, 'dense/bias': b1, 'dense_1/kernel': w2, 'dense_1/bias': b2 });
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
  const layer = (x: readonly number[], w: readonly (readonly number[])[], b: readonly number[]): number[] =>
    b.map((bias, j) => sigmoid(x.reduce((sum, xi, i) => sum + xi * w[i]![j]!, bias)));
  const grid = Array.from({ length: 81 }, (_, i) => [Math.floor(i / 9) / 2 - 2, (i % 9) / 2 - 2]);
  const got = model.call(grid).data();
  grid.forEach((x, i) => {
    expect(Math.abs(got[i]! - layer(layer(x, w1, b1), w2, b2)[0]!)).toBeLessThan(1e-5);
  });
});
