// Models of several inputs and outputs: what they learn from, what they report, what they answer, and what they refuse.

import { meanSquaredError } from '@treadle/losses';
import {
  batchNormalization,
  concatenate,
  dense,
  dot,
  embedding,
  input,
  l2,
  layer,
  maxNorm,
  nonNeg,
  unitNorm,
} from '@treadle/nn';
import { sgd } from '@treadle/optim';
import { compile, gradients, randomNormal, setSeed, type Tensor, tensor, variable } from '@treadle/tensor';
import { type Model, model, sequential } from '@treadle/train';
import { describe, expect, test } from 'vitest';
import { type bitsOf, differenceOf, noise } from './models.ts';

const quiet = { verbose: 0, shuffle: false } as const;
const n = 24;
const left = tensor(
  Float32Array.from({ length: 2 * n }, (_, i) => noise(i)),
  { shape: [n, 2] },
);
const right = tensor(
  Float32Array.from({ length: n }, (_, i) => noise(99 + i)),
  { shape: [n, 1] },
);
const sum = left.sum(1, { keepDims: true }).add(right).realize();
const sign = sum.greater(0).cast('float32').realize();

/** Two inputs; a figure and a probability. */
function forked(seed = 1): Model<Readonly<Record<string, Tensor>>> {
  setSeed(seed);
  const [a, b] = [input([2], { name: 'left' }), input([1], { name: 'right' })];
  const h = dense(8, { activation: 'tanh' })(concatenate()([a, b]));
  return model({
    inputs: [a, b],
    outputs: { sum: dense(1)(h), sign: dense(1, { activation: 'sigmoid' })(h) },
    name: 'forked',
  });
}

function compiled(seed = 1): Model<Readonly<Record<string, Tensor>>> {
  const made = forked(seed);
  made.compile({
    optimizer: sgd(0.2),
    loss: { sum: 'mse', sign: 'binaryCrossentropy' },
    lossWeights: { sign: 0.5 },
    metrics: { sum: ['mae'], sign: ['accuracy'] },
  });
  return made;
}

describe('a model of two inputs and two outputs', () => {
  test('learns both, and reports the whole loss, each loss and each metric', async () => {
    const made = compiled();
    const { history } = await made.fit([left, right], [sum, sign], {
      ...quiet,
      epochs: 200,
      batchSize: 10,
      validationSplit: 0.25,
    });
    const names = ['loss', 'sumLoss', 'sumMae', 'signLoss', 'signAccuracy'];
    expect(Object.keys(history)).toEqual([
      ...names,
      ...names.map((name) => `val${name[0]?.toUpperCase()}${name.slice(1)}`),
    ]);
    expect(history.loss?.at(-1)).toBeLessThan((history.loss?.[0] ?? 0) / 4);
    const { loss, sumLoss = 0, signLoss = 0, signAccuracy } = await made.evaluate([left, right], [sum, sign]);
    expect(loss).toBeCloseTo(sumLoss + 0.5 * signLoss, 6);
    expect(signAccuracy).toBeGreaterThan(0.9);
  });

  test('takes rows in order or by name, and answers by the names of its outputs', async () => {
    const [a, b] = [compiled(), compiled()];
    await a.fit([left, right], { sum, sign }, { ...quiet, epochs: 2 });
    await b.fit({ right, left }, [sum, sign], { ...quiet, epochs: 2 });
    expect(differenceOf(weightsOf(a), weightsOf(b))).toBeUndefined();
    const answers = await a.predict({ left, right });
    expect(Object.entries(answers).map(([name, { shape }]) => [name, shape])).toEqual([
      ['sum', [n, 1]],
      ['sign', [n, 1]],
    ]);
    const few = await b.predict([left, right], { batchSize: 7 });
    for (const name of ['sum', 'sign']) expect(few[name]?.data()).toEqual(answers[name]?.data());
  });

  test('takes one step of gradient descent on the weighted sum of its losses', async () => {
    const made = forked();
    made.compile({ optimizer: sgd(0.1), loss: [meanSquaredError(), 'mse'], lossWeights: [1, 3] });
    const variables = made.trainableVariables;
    const [p, q] = made.callAll([left, right]);
    if (!p || !q) throw new Error('no results');
    const loss = meanSquaredError()(sum, p).add(meanSquaredError()(sign, q).mul(3));
    const expected = gradients(loss, variables).map((g, i) => variables[i]?.sub(g.mul(0.1)).data());
    await made.fit([left, right], [sum, sign], { ...quiet, batchSize: n });
    variables.forEach((v, i) => {
      expectNear(v.data(), expected[i] ?? [], 5);
    });
  });

  test('answers with an array where outputs are one', async () => {
    const x = input([2]);
    const both = model({ inputs: x, outputs: [dense(1)(x), dense(3)(x)] });
    expect((await both.predict(left)).map(({ shape }) => shape)).toEqual([
      [n, 1],
      [n, 3],
    ]);
    const one = model({ inputs: { x }, outputs: dense(1)(x) });
    expect(await one.predict({ input: left }).catch((e: Error) => e.message)).toContain(
      'predict: x may have the names x; got input',
    );
    expect((await one.predict({ x: left })).shape).toEqual([n, 1]);
  });

  test('prints what each layer takes', () => {
    const lines = forked().summary().split('\n');
    expect(lines[0]).toBe('Model: "forked"');
    expect(lines.find((line) => line.includes('concatenate (concatenate)'))).toMatch(
      /\[batch, 3\] *│ *0 │ left, right/,
    );
    expect(lines.find((line) => line.includes('right (input)'))).toMatch(/\[batch, 1\]/);
  });

  test.each([
    [
      'one for two inputs',
      left,
      [sum, sign],
      'fit: x must be an array of rows for each of left, right, or an object of them; got one',
    ],
    [
      'three for two',
      [left, right, left],
      [sum, sign],
      'fit: x must be an array of rows for each of left, right, or an object of them; got an array of 3',
    ],
    ['another name', { left, rihgt: right }, [sum, sign], 'fit: x may have the names left, right; got rihgt'],
    ['a missing name', { left }, [sum, sign], 'fit: x must have rows for left, right; got none for right'],
    [
      'unequal rows',
      [left, right.slice([1])],
      [sum, sign],
      'fit: x and y must have the same number of rows; got 24 and 23',
    ],
    [
      'another shape',
      [right, left],
      [sum, sign],
      'fit: a row must have the shape that the model was built for, [2]; got [1]',
    ],
    ['a target that is not finite', [left, right], [sum.div(0), sign], 'fit: y must hold finite numbers; got'],
  ] as const)('refuses %s', async (_, x, y, message) => {
    const made = compiled();
    const before = weightsOf(made);
    await expect(made.fit(x, y, quiet)).rejects.toThrow(message);
    expect(differenceOf(weightsOf(made), before)).toBeUndefined();
  });

  test.each([
    ['two losses of three', { loss: ['mse'] }, 'compile: loss must be as many as there are outputs, sum, sign; got 1'],
    [
      'a loss by another name',
      { loss: { sum: 'mse', sing: 'mse' } },
      'compile: loss may have the names of outputs, sum, sign; got sing',
    ],
    ['no loss for an output', { loss: { sum: 'mse' } }, 'compile: every output must have a loss; got none for sign'],
    [
      'weights that are no numbers',
      { loss: 'mse', lossWeights: [1, Number.NaN] },
      'compile: lossWeights must be finite numbers; got NaN',
    ],
    [
      'metrics for three outputs',
      { loss: 'mse', metrics: [['mae'], [], []] },
      'compile: metrics must be as many as there are outputs, sum, sign; got 3',
    ],
  ] as const)('refuses %s', (_, options, message) => {
    expect(() => Reflect.apply(Reflect.get(forked(), 'compile'), forked(), [{ optimizer: 'sgd', ...options }])).toThrow(
      message,
    );
  });
});

function expectNear(got: ArrayLike<number>, expected: ArrayLike<number>, digits: number): void {
  expect(got).toHaveLength(expected.length);
  for (let i = 0; i < got.length; i++) expect(got[i]).toBeCloseTo(expected[i] ?? Number.NaN, digits);
}

function weightsOf(made: Model<Readonly<Record<string, Tensor>>>): ReturnType<typeof bitsOf> {
  return new Map([...made.namedVariables].map(([name, v]) => [name, v.data()]));
}

test('two towers that share an embedding learn who likes whom', async () => {
  setSeed(5);
  const [user, item] = [input([1]), input([1])];
  const vectors = embedding(8, 4);
  const flat = (x: Parameters<typeof vectors>[0]) => dense(4)(vectors(x));
  const score = dot(2, { normalize: false })([flat(user), flat(item)]);
  const made = model({ inputs: [user, item], outputs: score });
  made.compile({ optimizer: 'adam', loss: 'mse' });
  const pairs = Array.from({ length: 64 }, (_, i) => [Math.floor(i / 8), i % 8] as const);
  const y = pairs.map(([a, b]) => [[(a + b) % 2 === 0 ? 1 : -1]]);
  const data = [tensor(pairs.map(([a]) => [a])).cast('int32'), tensor(pairs.map(([, b]) => [b])).cast('int32')];
  const { history } = await made.fit(data, y, { ...quiet, epochs: 150, batchSize: 16 });
  expect(history.loss?.at(-1)).toBeLessThan(0.2);
});

describe('what belongs to the loss beside the loss', () => {
  test('penalties of kernels, biases and activities, and those that a layer adds', async () => {
    const kernelRegularizer = l2(0.5);
    const own = layer({
      variables: [],
      build: (shape: readonly number[]) => shape,
      call: (x: Tensor, { addLoss }: { addLoss?: ((p: Tensor) => void) | undefined }) => {
        addLoss?.(x.sum().mul(2));
        return x;
      },
    });
    const made = sequential([
      dense(2, { inputShape: [2], kernelRegularizer, biasRegularizer: l2(1), activityRegularizer: l2(0.25) }),
      own,
    ]);
    made.compile({ optimizer: 'sgd', loss: 'mse' });
    made.setWeights({
      'dense/kernel': [
        [1, 0],
        [0, 2],
      ],
      'dense/bias': [1, -1],
    });
    const x = [
      [1, 1],
      [3, 0],
    ];
    // answers [2, 1] and [4, −1]
    const { loss } = await made.evaluate(x, [
      [2, 1],
      [4, -1],
    ]);
    expect(loss).toBeCloseTo(0.5 * 5 + 1 * 2 + (0.25 * (4 + 1 + 16 + 1)) / 2 + 2 * 6, 5);
  });
});

describe('constraints', () => {
  const norms = (kernel: Tensor): number[] => [...kernel.square().sum(0).sqrt().data()];

  test('hold after every step, inside the plan that makes it', async () => {
    setSeed(2);
    const made = sequential([
      dense(6, { inputShape: [2], kernelConstraint: maxNorm(0.5), biasConstraint: nonNeg() }),
      dense(1, { kernelConstraint: unitNorm() }),
    ]);
    made.compile({ optimizer: 'adam', loss: 'mse' });
    await made.fit(left, sum, { ...quiet, epochs: 3 });
    const [kernel, bias, last] = made.variables;
    if (!kernel || !bias || !last) throw new Error('no variables');
    for (const norm of norms(kernel)) expect(norm).toBeLessThanOrEqual(0.5 * (1 + 1e-6));
    expect(bias.min().item()).toBeGreaterThanOrEqual(0);
    expect(norms(last)[0]).toBeCloseTo(1, 5);
  });

  test('change nothing that is allowed', () => {
    const w = randomNormal([4, 3], { seed: 1 }).abs();
    expect(nonNeg()(w).data()).toEqual(w.data());
    expectNear(maxNorm(100)(w).data(), w.data(), 5);
    expect(norms(unitNorm({ axis: [0] })(w)).every((norm) => Math.abs(norm - 1) < 1e-5)).toBe(true);
    expect(() => maxNorm(-1)).toThrow('maxNorm: the largest norm must be a number ≥ 0; got -1');
  });

  test('of a variable of one’s own are heeded by an optimizer', () => {
    const v = variable([1, -1], { constraint: (x) => x.clip(-1, 1) });
    const optimizer = sgd(1);
    const step = compile(() => optimizer.apply([tensor([-5, 0.5])], [v]));
    step();
    expect(v.toArray()).toEqual([1, -1]);
  });
});

describe('batchNormalization', () => {
  test('normalizes over the batch in training, and moves its statistics towards those of the data', async () => {
    const layerOf = batchNormalization({ momentum: 0.5, epsilon: 0 });
    layerOf.build([2]);
    const x = randomNormal([400, 2], { mean: 3, stddev: 2, seed: 1 }).realize();
    const y = layerOf.call(x, { training: true });
    for (const mean of y.mean(0).data()) expect(Math.abs(mean)).toBeLessThan(1e-5);
    for (const variance of y.variance(0).data()) expect(Math.abs(variance - 1)).toBeLessThan(1e-4);
    const [mean, variance] = layerOf.variables.slice(2).map((v) => [...v.data()]);
    expectNear(
      mean ?? [],
      x
        .mean(0)
        .data()
        .map((m) => m / 2),
      5,
    );
    expectNear(
      variance ?? [],
      x
        .variance(0)
        .data()
        .map((v) => (1 + v) / 2),
      4,
    );
  });

  test('keeps its statistics in evaluate and predict, moves them in fit, and no optimizer changes them', async () => {
    const made = sequential([batchNormalization({ inputShape: [2] }), dense(1)]);
    made.compile({ optimizer: 'adam', loss: 'mse' });
    expect(made.trainableVariables).toHaveLength(4);
    const statistics = (): unknown => made.variables.filter((v) => !v.trainable).map((v) => [...v.data()]);
    expect(statistics()).toEqual([
      [0, 0],
      [1, 1],
    ]);
    await made.evaluate(left, sum);
    await made.predict(left);
    expect(statistics()).toEqual([
      [0, 0],
      [1, 1],
    ]);
    await made.fit(left, sum, { ...quiet, batchSize: n });
    const [mean, variance] = [left.mean(0).data(), left.variance(0).data()];
    const expected = [[...mean].map((m) => 0.01 * m), [...variance].map((v) => 1 + 0.01 * (v - 1))];
    made.variables
      .filter((v) => !v.trainable)
      .forEach((v, i) => {
        expectNear(v.data(), expected[i] ?? [], 6);
      });
  });

  test('refuses a momentum, an axis and channels that cannot be', () => {
    expect(() => batchNormalization({ momentum: 2 })).toThrow(
      'batchNormalization: the momentum must be from 0 to 1; got 2',
    );
    expect(() => batchNormalization({ axis: 0 }).build([3])).toThrow(
      'batchNormalization: an axis must be one of a sample, 1 … 1',
    );
    const built = batchNormalization();
    built.build([3]);
    expect(() => built.build([4])).toThrow('batchNormalization: there must be 3 channels, as when it was built; got 4');
  });
});
