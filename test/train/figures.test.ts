// What fit, evaluate and predict report: means over rows that do not depend on batches, and answers that do not depend on
// neighbours. References are float64, bounds follow from the rounding of float32.

import { meanSquaredError } from '@treadle/losses';
import { dense, type Layer, l2 } from '@treadle/nn';
import { sgd } from '@treadle/optim';
import { memory, setSeed, type Tensor, tensor } from '@treadle/tensor';
import { type Model, sequential } from '@treadle/train';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bitsOf, classifier, differenceOf, labelled, linear, noise, regression } from './models.ts';

const quiet = { verbose: 0 } as const;
const unit = 2 ** -24;
const sizes = fc.record({ rows: fc.integer({ min: 1, max: 70 }), batchSize: fc.integer({ min: 1, max: 80 }) });

/** Squared and absolute error of every row of a 2-1 regression, in float64 on the model's float32 weights. */
function errorsOf(model: Model, x: Tensor, y: Tensor): { squares: number[]; absolutes: number[]; scale: number } {
  const [kernel, bias] = model.variables.map((v) => v.data());
  const [a = 0, b = 0] = kernel ?? [];
  const [c = 0] = bias ?? [];
  const inputs = x.data();
  const differences = [...y.data()].map((target, i) => {
    return a * (inputs[2 * i] ?? 0) + b * (inputs[2 * i + 1] ?? 0) + c - target;
  });
  // no term is larger than this: |a| + |b| + |c| + |y|
  const scale = Math.abs(a) + Math.abs(b) + Math.abs(c) + 6;
  return { squares: differences.map((d) => d * d), absolutes: differences.map(Math.abs), scale };
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('the figures are means over the rows, whatever the batches', () => {
  test.each(['fit at learning rate 0', 'evaluate', 'validationData'] as const)('%s', async (way) => {
    await fc.assert(
      fc.asyncProperty(sizes, async ({ rows, batchSize }) => {
        const { x, y } = linear(rows);
        const model = regression(0);
        const logs = await figuresBy(way, model, x, y, batchSize);
        const { squares, absolutes, scale } = errorsOf(model, x, y);
        // A difference rounds 4 times at the scale; squares double that; the mean of at most 80 rows adds 81 roundings.
        expect(Math.abs((logs.mae ?? 0) - meanOf(absolutes))).toBeLessThanOrEqual((4 + 81) * unit * scale);
        expect(Math.abs(logs.loss - meanOf(squares))).toBeLessThanOrEqual((8 + 81) * unit * scale ** 2);
      }),
      { numRuns: 12 },
    );
  });
});

async function figuresBy(
  way: 'fit at learning rate 0' | 'evaluate' | 'validationData',
  model: Model,
  x: Tensor,
  y: Tensor,
  batchSize: number,
): Promise<{ loss: number; mae: number | undefined }> {
  if (way === 'evaluate') {
    const { loss, mae } = await model.evaluate(x, y, { batchSize });
    return { loss, mae };
  }
  if (way === 'validationData') {
    const { history } = await model.fit(x, y, { ...quiet, batchSize: 7, validationData: [x, y] });
    return { loss: history.valLoss?.[0] ?? Number.NaN, mae: history.valMae?.[0] };
  }
  const { history } = await model.fit(x, y, { ...quiet, batchSize });
  return { loss: history.loss[0] ?? Number.NaN, mae: history.mae?.[0] };
}

test('a penalty is part of the loss of every batch', async () => {
  const { x, y } = linear(10);
  setSeed(1);
  const model = sequential([dense(1, { kernelRegularizer: l2(0.5) })]);
  model.compile({ optimizer: sgd(0), loss: 'mse' });
  const { loss } = await model.evaluate(x, y, { batchSize: 3 });
  const { squares, scale } = errorsOf(model, x, y);
  const penalty = 0.5 * [...(model.variables[0]?.data() ?? [])].reduce((sum, w) => sum + w * w, 0);
  expect(Math.abs(loss - meanOf(squares) - penalty)).toBeLessThanOrEqual(100 * unit * scale ** 2);
});

test('with validationSplit the rows from the end validate, and none of them is learned from', async () => {
  const { x, y } = linear(20);
  const [firstX, lastX] = [x.slice([0], [15]), x.slice([15], [20])];
  const targets = y.data().map((value, i) => (i < 15 ? value : 1000));
  const spoiled = tensor(targets, { shape: [20, 1] });
  const [split, apart] = [regression(), regression()];
  const options = { ...quiet, epochs: 3, batchSize: 4, seed: 5 };
  const one = await split.fit(x, spoiled, { ...options, validationSplit: 0.25 });
  const validationData = [lastX, spoiled.slice([15], [20])] as const;
  const two = await apart.fit(firstX, y.slice([0], [15]), { ...options, validationData });
  expect(differenceOf(bitsOf(split), bitsOf(apart))).toBeUndefined();
  expect(one.history).toEqual(two.history);
  expect(one.history.valLoss?.[0]).toBeGreaterThan(900 ** 2);
});

test('a share of rows that float64 cannot hold is rounded as it is meant', async () => {
  const { x, y } = linear(100);
  const steps: number[] = [];
  const onTrainBegin = (training: { steps: number }): void => void steps.push(training.steps);
  await regression().fit(x, y, { ...quiet, batchSize: 1, validationSplit: 0.07, callbacks: [{ onTrainBegin }] });
  expect(steps).toEqual([93]);
});

test('metrics are chosen by the shapes of what is compared', async () => {
  const { x, y } = labelled(24);
  const sparse = classifier();
  const { accuracy } = await sparse.evaluate(x, y);
  const oneHot = y.oneHot(3);
  sparse.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  expect((await sparse.evaluate(x, oneHot)).accuracy).toBe(accuracy);
  const answers = (await sparse.predict(x)).argmax(-1).data();
  const labels = y.data();
  expect(accuracy).toBe(labels.filter((label, i) => label === answers[i]).length / labels.length);
});

describe('predict', () => {
  const rows = 37;
  const { x } = labelled(rows);

  test('a row has the same answer, bit for bit, alone and in any batch', async () => {
    const model = classifier();
    const whole = (await model.predict(x, { batchSize: rows })).data();
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 64 }),
        fc.integer({ min: 0, max: rows - 1 }),
        fc.integer({ min: 1, max: rows }),
        async (batchSize, from, length) => {
          const part = x.slice([from], [Math.min(rows, from + length)]);
          const answers = await model.predict(part, { batchSize });
          expect(answers.shape).toEqual([part.shape[0], 3]);
          expect([...answers.data()]).toEqual([...whole.slice(3 * from, 3 * (from + length))]);
        },
      ),
      { numRuns: 25 },
    );
  });

  test('is what call gives', async () => {
    const model = classifier();
    expect([...(await model.predict(x)).data()]).toEqual([...model.call(x).data()]);
  });

  test('takes nested arrays, builds a model that is not built, and needs no compile', async () => {
    const model = sequential([dense(2)]);
    const answers = await model.predict([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(answers.shape).toEqual([2, 2]);
    expect(model.inputShape).toEqual([3]);
  });

  test('keeps the dtype and the shape of what the last layer gives', async () => {
    const asks = (call: (x: Tensor) => Tensor): Layer => ({ variables: [], build: (shape) => shape, call });
    const data = tensor(
      Float32Array.from({ length: 5 * 6 }, (_, i) => noise(i)),
      { shape: [5, 2, 3] },
    );
    const largest = sequential([asks((t) => t.argmax(-1))]);
    const positive = sequential([asks((t) => t.greater(0))]);
    for (const batchSize of [2, 5, 256]) {
      const which = await largest.predict(data, { batchSize });
      expect([which.dtype, which.shape]).toEqual(['int32', [5, 2]]);
      expect(which.toArray()).toEqual(data.argmax(-1).toArray());
      const are = await positive.predict(data, { batchSize });
      expect([are.dtype, are.shape]).toEqual(['bool', [5, 2, 3]]);
      expect(are.toArray()).toEqual(data.greater(0).toArray());
    }
  });

  test('few plans serve batches of any size', async () => {
    const model = classifier();
    await model.predict(x.slice([0], [1]));
    const before = memory().plans;
    for (let count = 1; count <= 32; count++) {
      const rows = tensor(x.data().slice(0, 4 * count), { shape: [count, 4] });
      await model.predict(rows);
    }
    expect(memory().plans - before).toBeLessThanOrEqual(5); // 2, 4, 8, 16, 32
  });
});

test('a loss of sums, or a user’s own function, is as good as any', async () => {
  const { x, y } = linear(12);
  const sums = regression(0);
  sums.compile({ optimizer: sgd(0), loss: meanSquaredError({ reduction: 'sum' }) });
  const own = regression(0);
  own.compile({ optimizer: sgd(0), loss: (yTrue, yPred) => tensor(yTrue).sub(yPred).square().sum() });
  const [a, b] = [await sums.evaluate(x, y, { batchSize: 12 }), await own.evaluate(x, y, { batchSize: 12 })];
  const { squares, scale } = errorsOf(sums, x, y);
  const bound = 12 * 100 * unit * scale ** 2;
  expect(Math.abs(a.loss - 12 * meanOf(squares))).toBeLessThanOrEqual(bound);
  expect(Math.abs(b.loss - 12 * meanOf(squares))).toBeLessThanOrEqual(bound);
});
