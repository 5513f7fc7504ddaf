// The laws of weights: 1 changes nothing, a whole number counts for as many copies of the row, and a class's weight is that of its
// rows; and of masks, which take steps out of the loss.

import { type Loss, meanSquaredError, sparseCategoricalCrossentropy } from '@treadle/losses';
import { dense, input, lstm, masking } from '@treadle/nn';
import { adam, sgd } from '@treadle/optim';
import { gradients, ones, setSeed, type Tensor, tensor, zeros } from '@treadle/tensor';
import { type FitOptions, type Model, model, type RowsLike, sequential } from '@treadle/train';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { computeBounded } from '../support/running-error.ts';
import { type Bits, bitsOf, classifier, differenceOf, labelled, linear, noise } from './models.ts';

const quiet = { verbose: 0 } as const;
const rows = 50;
const { x, y } = labelled(rows);
const some = Float32Array.from({ length: rows }, (_, i) => Math.abs(noise(i)) * 3);
const classWeight = { 0: 2, 2: 0.25 };
const labels = y.data();
const byClass = Float32Array.from(labels, (label) => ({ 0: 2, 1: 1, 2: 0.25 })[label] ?? Number.NaN);

/** Ragged batches: 50 rows are 16 + 16 + 16 + 2. */
async function trained(options: FitOptions, targets: RowsLike = y, make = classifier): Promise<[Bits, object]> {
  const learner = make(3);
  const { history } = await learner.fit(x, targets, { ...quiet, epochs: 2, batchSize: 16, seed: 1, ...options });
  return [bitsOf(learner), history];
}

describe('weights', () => {
  test('of 1 change no bit of weights and history', async () => {
    const [bits, history] = await trained({ validationSplit: 0.2 });
    for (const options of [{ sampleWeight: ones([rows]) }, { classWeight: { 1: 1 } }, { classWeight: {} }]) {
      const [weighted, logs] = await trained({ validationSplit: 0.2, ...options });
      expect(differenceOf(weighted, bits)).toBeUndefined();
      expect(logs).toEqual(history);
    }
    const [other] = await trained({ validationSplit: 0.2, sampleWeight: some });
    expect(differenceOf(other, bits)).toBeDefined();
  });

  test('that are whole numbers count for as many copies of the row, none for 0, where losses are summed', async () => {
    const points = linear(6);
    const many = fc
      .array(fc.integer({ min: 0, max: 3 }), { minLength: 6, maxLength: 6 })
      .filter((w) => w.some((each) => each > 0));
    await fc.assert(
      fc.asyncProperty(many, async (w) => {
        setSeed(2);
        const learner = sequential([dense(2, { activation: 'tanh', inputShape: [2] }), dense(1)]);
        const loss = meanSquaredError({ reduction: 'sum' });
        learner.compile({ optimizer: sgd(1), loss });
        const variables = learner.trainableVariables;
        const moved = (data: Tensor, targets: Tensor, weight?: Tensor): readonly Tensor[] => {
          const changes = gradients(loss(targets, learner.call(data), weight), variables);
          return variables.map((v, i) => v.sub(changes[i] ?? 0));
        };
        const copies = tensor(Int32Array.from(w.flatMap((times, row) => Array.from({ length: times }, () => row))));
        const values = new Map(variables.map((v) => [v.node, [...v.data()]]));
        const [copied, weighted] = [
          moved(points.x.gather(copies).realize(), points.y.gather(copies).realize()),
          moved(points.x, points.y, tensor(w)),
        ].map((results) =>
          computeBounded(
            results.map(({ node }) => node),
            values,
          ),
        );
        await learner.fit(points.x, points.y, { ...quiet, batchSize: 6, shuffle: false, sampleWeight: w });
        variables.forEach((v, i) => {
          v.data().forEach((value, j) => {
            const expected = copied?.[i]?.values[j] ?? Number.NaN;
            expect(Math.abs(value - expected)).toBeLessThanOrEqual(weighted?.[i]?.errors[j] ?? 0);
          });
        });
      }),
      { numRuns: 10 },
    );
  });

  test('give the weights of the formulas written down step by step', async () => {
    const [bits] = await trained({ shuffle: false, sampleWeight: some });
    const plain = classifier(3);
    const optimizer = adam(0.01);
    const loss = sparseCategoricalCrossentropy();
    const [variables, weight] = [plain.trainableVariables, tensor(some)];
    for (let epoch = 0; epoch < 2; epoch++) {
      for (let from = 0; from < rows; from += 16) {
        const [batch, targets, counts] = [x, y, weight].map((t) => t.slice([from], [Math.min(from + 16, rows)]));
        if (!batch || !targets) throw new Error('no batch');
        optimizer.apply(gradients(loss(targets, plain.call(batch), counts), variables), variables);
      }
    }
    expect(differenceOf(bitsOf(plain), bits)).toBeUndefined();
  });

  test('of a class are those of its rows, whether targets are labels, columns of labels or one-hot rows', async () => {
    const [bits, history] = await trained({ classWeight });
    const column = y.reshape([rows, 1]);
    const oneHot = y.oneHot(3);
    const categorical = (seed?: number): Model => {
      const learner = classifier(seed);
      learner.compile({ optimizer: adam(0.01), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
      return learner;
    };
    expect(await trained({ sampleWeight: byClass })).toEqual([bits, history]);
    expect(await trained({ classWeight }, column)).toEqual([bits, history]);
    const ofRows = await trained({ sampleWeight: byClass }, oneHot, categorical);
    expect(await trained({ classWeight }, oneHot, categorical)).toEqual(ofRows);
  });

  test('of a class and of samples are multiplied', async () => {
    const both = some.map((weight, i) => Math.fround(weight * (byClass[i] ?? 0)));
    expect(await trained({ sampleWeight: some, classWeight })).toEqual(await trained({ sampleWeight: both }));
    const column = tensor(some, { shape: [rows, 1] });
    expect(await trained({ sampleWeight: column, classWeight })).toEqual(await trained({ sampleWeight: both }));
  });

  test('of yes and no, and of the steps of sequences', async () => {
    const binary = (inputShape: readonly number[]): Model => {
      setSeed(1);
      const learner = sequential([dense(1, { inputShape, activation: 'sigmoid' })]);
      learner.compile({ optimizer: 'sgd', loss: 'binaryCrossentropy' });
      return learner;
    };
    const answers = labels.map((label) => (label > 0 ? 1 : 0));
    const [a, b] = [binary([4]), binary([4])];
    await a.fit(x, tensor(answers), { ...quiet, seed: 1, classWeight: { 1: 5 } });
    await b.fit(x, tensor(answers), { ...quiet, seed: 1, sampleWeight: answers.map((is) => 1 + 4 * is) });
    expect(differenceOf(bitsOf(a), bitsOf(b))).toBeUndefined();
    const [c, d] = [binary([5, 4]), binary([5, 4])];
    const steps = x.reshape([10, 5, 4]);
    const targets = tensor(answers, { shape: [10, 5, 1] });
    const weight = tensor(some.slice(0, 10));
    await c.fit(steps, targets, { ...quiet, seed: 1, sampleWeight: weight, classWeight: { 0: 3 } });
    const ofSteps = targets.squeeze(-1).cast('float32').mul(-2).add(3).mul(weight.expandDims(-1));
    await d.fit(steps, targets, { ...quiet, seed: 1, sampleWeight: ofSteps });
    expect(differenceOf(bitsOf(c), bitsOf(d))).toBeUndefined();
  });

  test('weight the loss of evaluate, validationData and validationSplit, a mean over the number of rows; metrics ignore them', async () => {
    const learner = classifier();
    const figures = await learner.evaluate(x, y, { sampleWeight: some, batchSize: 16 });
    const perRow = sparseCategoricalCrossentropy({ reduction: 'none' })(y, await learner.predict(x)).data();
    const mean = Float64Array.from(perRow).reduce((sum, loss, i) => sum + loss * (some[i] ?? 0), 0) / rows;
    expect(Math.abs((figures.loss ?? 0) - mean)).toBeLessThanOrEqual(64 * 2 ** -24 * mean); // fewer than 64 roundings, all terms ≥ 0
    expect(figures.accuracy).toBe((await learner.evaluate(x, y)).accuracy);
    const { history } = await learner.fit(x, y, {
      ...quiet,
      batchSize: 16,
      validationData: [x, y, some],
      sampleWeight: zeros([rows]),
      classWeight,
    });
    expect(history.loss).toEqual([0]);
    expect(history.valLoss).toEqual([figures.loss]);
    const split = await learner.fit(x, y, { ...quiet, validationSplit: 0.5, sampleWeight: some, classWeight });
    const rest = [x.slice([25], [rows]), y.slice([25], [rows])] as const;
    const validated = await learner.evaluate(...rest, { sampleWeight: some.slice(25) });
    expect(split.history.valLoss).toEqual([validated.loss]);
  });

  test('are of each output, in their order or by name, 1 where none is given', async () => {
    const losses = async (sampleWeight?: RowsLike): Promise<unknown> => {
      setSeed(1);
      const given = input([4]);
      const learner = model({ inputs: given, outputs: { a: dense(1)(given), b: dense(1)(given) } });
      learner.compile({ optimizer: 'sgd', loss: 'mse' });
      const targets = { a: zeros([rows]), b: ones([rows]) };
      return learner.evaluate(x, targets, sampleWeight === undefined ? {} : { sampleWeight });
    };
    const alike = ones([rows]);
    expect(await losses({ b: some })).toEqual(await losses([alike, tensor(some)]));
    expect(await losses({ a: some })).not.toEqual(await losses({ b: some }));
    expect(await losses({})).toEqual(await losses());
  });
});

describe('a mask', () => {
  const length = Int32Array.from([5, 2, 1, 4]);
  const isThere = (row: number, step: number): boolean => step < (length[row] ?? 0);
  const sequences = tensor(
    Array.from(length, (_, row) =>
      Array.from({ length: 5 }, (__, step) =>
        [0, 1].map((i) => (isThere(row, step) ? noise(row * 10 + step * 2 + i) + 2 : 0)),
      ),
    ),
  );
  const targets = (padding: number): Tensor =>
    tensor(
      Array.from(length, (_, row) =>
        Array.from({ length: 5 }, (__, step) => [isThere(row, step) ? noise(row + step) : padding]),
      ),
    );
  const make = (): Model => {
    setSeed(4);
    const learner = sequential([masking(0, { inputShape: [5, 2] }), lstm(3, { returnSequences: true }), dense(1)]);
    learner.compile({ optimizer: adam(0.1), loss: 'mse', metrics: ['mae', 'r2'] });
    return learner;
  };

  test('that reaches an output leaves the losses and metrics of its steps out: their targets change no bit', async () => {
    const [a, b] = [make(), make()];
    const first = await a.fit(sequences, targets(0), { ...quiet, epochs: 3, seed: 1 });
    const second = await b.fit(sequences, targets(1e6), { ...quiet, epochs: 3, seed: 1 });
    expect(differenceOf(bitsOf(a), bitsOf(b))).toBeUndefined();
    expect(second.history).toEqual(first.history);
  });

  test('makes losses and metrics the means over the steps that count', async () => {
    const learner = make();
    const { loss = Number.NaN, mae = Number.NaN } = await learner.evaluate(sequences, targets(7), { batchSize: 4 });
    const answers = (await learner.predict(sequences)).data();
    const expected = targets(7).data();
    let [sum, distance, steps] = [0, 0, 0];
    for (let row = 0; row < 4; row++) {
      for (let step = 0; step < 5; step++) {
        if (!isThere(row, step)) continue;
        const off = (answers[row * 5 + step] ?? 0) - (expected[row * 5 + step] ?? 0);
        sum += off ** 2;
        distance += Math.abs(off);
        steps++;
      }
    }
    // all terms ≥ 0
    expect(Math.abs(loss - sum / steps)).toBeLessThanOrEqual((64 * 2 ** -24 * sum) / steps);
    expect(Math.abs(mae - distance / steps)).toBeLessThanOrEqual((64 * 2 ** -24 * distance) / steps);
  });
});

describe('refused, before any weight has changed', () => {
  const outsider: Loss = (yTrue, yPred) => sparseCategoricalCrossentropy()(yTrue, yPred);
  const at = (row: number, value: number): Float32Array => new Float32Array(rows).fill(1).fill(value, row, row + 1);
  test.each<[string, FitOptions, string]>([
    [
      'another length',
      { sampleWeight: ones([49]) },
      'fit: sampleWeight must have a figure for each of the 50 rows; got the shape [49]',
    ],
    [
      'a single number',
      { sampleWeight: 2 },
      'fit: sampleWeight must have a figure for each of the 50 rows; got the shape []',
    ],
    [
      'figures that no loss has',
      { sampleWeight: ones([rows, 3]) },
      'sampleWeight must have a figure for each sample; got [50, 3] for losses [',
    ],
    [
      'a negative figure',
      { sampleWeight: at(4, -1) },
      'fit: sampleWeight must hold finite numbers ≥ 0; got -1 in row 4',
    ],
    [
      'a figure that is not finite',
      { sampleWeight: at(9, Number.NaN) },
      'fit: sampleWeight must hold finite numbers ≥ 0; got NaN in row 9',
    ],
    [
      'the name of no output',
      { sampleWeight: { question: some } },
      'fit: sampleWeight may have the names answer; got question',
    ],
    ['a class that is none', { classWeight: { 3: 1 } }, 'fit: classWeight may have the classes 0 to 2; got 3'],
    [
      'a negative class weight',
      { classWeight: { 1: -2 } },
      'fit: classWeight must hold finite numbers ≥ 0; got -2 for the class 1',
    ],
    [
      'weights of validation rows of another length',
      { validationData: [x, y, [1, 2]] },
      'fit(validationData): sampleWeight must have a figure for each of the 50 rows; got the shape [2]',
    ],
  ])('%s', async (_, options, message) => {
    const learner = classifier();
    const before = bitsOf(learner);
    await expect(learner.fit(x, y, { ...quiet, ...options })).rejects.toThrow(message);
    expect(differenceOf(bitsOf(learner), before)).toBeUndefined();
  });

  test.each<[string, object, string]>([
    [
      'classWeight that is a Map',
      { classWeight: new Map([[0, 1]]) },
      'weights by class; got a Map; Object.fromEntries',
    ],
    [
      'classWeight that is a number',
      { classWeight: 3 },
      'fit: classWeight must be an object of weights by class; got 3',
    ],
    ['classWeight that is null', { classWeight: null }, 'weights by class; got null'],
    ['sampleWeight that is null', { sampleWeight: null }, 'tensor: '],
  ])('%s', async (_, options, message) => {
    const learner = classifier();
    await expect(Reflect.apply(learner.fit, learner, [x, y, { ...quiet, ...options }])).rejects.toThrow(message);
  });

  test('targets that are no classes', async () => {
    const learner = classifier();
    const learn = (targets: RowsLike): Promise<unknown> => learner.fit(x, targets, { ...quiet, classWeight });
    learner.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
    await expect(learn(zeros([rows, 3]))).rejects.toThrow(
      'fit: classWeight must be given one class a row; got none in row 0',
    );
    await expect(learn(ones([rows, 3]))).rejects.toThrow(
      'fit: classWeight must be given one class a row; got several in row 0',
    );
    const line = sequential([dense(1, { inputShape: [4] })]);
    line.compile({ optimizer: 'sgd', loss: 'mse' });
    await expect(line.fit(x, tensor(some), { ...quiet, classWeight: { 0: 2 } })).rejects.toThrow(
      /^fit: classWeight must be given targets that are whole numbers from 0 to 1; got [\d.]+ at place 0$/,
    );
  });

  test('a loss that takes no weights, and classes of several outputs', async () => {
    const learner = classifier();
    learner.compile({ optimizer: 'sgd', loss: outsider });
    const message = 'a loss must have sampleWeight as its third parameter to be weighted; got a loss of 2';
    await expect(learner.evaluate(x, y, { sampleWeight: some })).rejects.toThrow(`evaluate: ${message}`);
    await expect(learner.fit(x, y, { ...quiet, classWeight })).rejects.toThrow(`fit: ${message}`);
    const given = input([4]);
    const two = model({ inputs: given, outputs: [dense(1)(given), dense(1)(given)] });
    two.compile({ optimizer: 'sgd', loss: 'mse' });
    await expect(two.fit(x, [some, some], { ...quiet, classWeight })).rejects.toThrow(
      'fit: classWeight must be given to a model of one output; got 2 outputs; ',
    );
    await expect(two.fit(x, [some, some], { ...quiet, sampleWeight: some })).rejects.toThrow(
      'fit: sampleWeight must be an array of rows for each of dense, dense_1, or an object of them; got one',
    );
  });
});
