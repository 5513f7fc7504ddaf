// The laws of metrics: sums and counts of batches add up to the figure of the whole, whatever the batches.

import { type Metric, metricByName, metrics, runningMean } from '@treadle/metrics';
import { compile, ShapeError, tensor } from '@treadle/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const u = 2 ** -24;
const figure = fc.integer({ min: -1024, max: 1024 }).map((x) => x / 64);
type Rows = readonly (readonly number[])[];

/** Rows of figures with a label and a one-hot row for each; no two of a row's figures are equal. */
const samples = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 2, max: 5 })).chain(([n, c]) => {
  const row = fc.uniqueArray(figure, { minLength: c, maxLength: c });
  const rows = fc.array(row, { minLength: n, maxLength: n });
  return fc.record({ p: rows, labels: fc.array(fc.nat(c - 1), { minLength: n, maxLength: n }) });
});

const argmax = (row: readonly number[]): number => row.indexOf(Math.max(...row));
const oneHot = (labels: readonly number[], c: number): number[][] =>
  labels.map((label) => Array.from({ length: c }, (_, i) => (i === label ? 1 : 0)));

/** The metric over batches that end after `cut` rows, or over all rows at once. */
function overBatches(metric: Metric, y: readonly (number | readonly number[])[], p: Rows, cut: number): number {
  const total = metric.total();
  for (const [from, to] of [
    [0, cut],
    [cut, p.length],
  ] as const) {
    if (from === to) continue;
    const rows = y.slice(from, to).map((row) => (typeof row === 'number' ? row : [...row]));
    const { values, count } = metric.update(tensor(rows), tensor(p.slice(from, to)));
    total.add(values.data(), count);
  }
  return total.value;
}

describe('accuracies', () => {
  test('are how many of the samples are right, over any batches', () => {
    fc.assert(
      fc.property(samples, fc.nat(12), ({ p, labels }, at) => {
        const cut = Math.min(at, p.length);
        const right = p.filter((row, i) => argmax(row) === labels[i]).length / p.length;
        const hot = oneHot(labels, p[0]!.length);
        expect(overBatches(metrics.sparseCategoricalAccuracy(), labels, p, cut)).toBe(right);
        expect(
          overBatches(
            metrics.sparseCategoricalAccuracy(),
            labels.map((label) => [label]),
            p,
            cut,
          ),
        ).toBe(right);
        expect(overBatches(metrics.categoricalAccuracy(), hot, p, cut)).toBe(right);
      }),
      { numRuns: 25 },
    );
  });

  test('of yes and no count predictions above the threshold as yes', () => {
    const column = fc.array(fc.record({ y: fc.integer({ min: 0, max: 1 }), p: figure }), {
      minLength: 1,
      maxLength: 9,
    });
    fc.assert(
      fc.property(column, fc.constantFrom(0, 0.5), fc.nat(9), (rows, threshold, at) => {
        const right = rows.filter(({ y, p }) => (p > threshold ? 1 : 0) === y).length / rows.length;
        const metric = metrics.binaryAccuracy({ threshold });
        const p = rows.map((row) => [row.p]);
        const cut = Math.min(at, rows.length);
        expect(
          overBatches(
            metric,
            rows.map(({ y }) => [y]),
            p,
            cut,
          ),
        ).toBe(right);
        expect(
          overBatches(
            metric,
            rows.map(({ y }) => y),
            p,
            cut,
          ),
        ).toBe(right);
      }),
      { numRuns: 25 },
    );
  });

  test('of yes and no over several figures a sample are means of means', () => {
    const { values, count } = metrics.binaryAccuracy().update(
      [
        [1, 0],
        [0, 0],
      ],
      [
        [0.75, 0.5],
        [0.25, 1],
      ],
    );
    expect([values.item(), count]).toEqual([1.5, 2]);
  });
});

test.each([
  ['meanSquaredError', metrics.meanSquaredError(), (d: number) => d * d] as const,
  ['meanAbsoluteError', metrics.meanAbsoluteError(), Math.abs] as const,
])('%s is the mean over all figures, over any batches', (_, metric, of) => {
  fc.assert(
    fc.property(samples, fc.nat(12), ({ p }, at) => {
      const y = p.map((row) => row.map((x, i) => x / 2 + i));
      const distances = p.flatMap((row, n) => row.map((x, i) => of(x - y[n]![i]!)));
      const mean = distances.reduce((a, b) => a + b, 0) / distances.length;
      const got = overBatches(metric, y, p, Math.min(at, p.length));
      // each figure's square, the sums along both axes and the division round; all terms are ≥ 0
      expect(Math.abs(got - mean)).toBeLessThanOrEqual((p[0]!.length + p.length + 3) * u * mean);
    }),
    { numRuns: 25 },
  );
});

test('a metric in a compiled function is the metric outside of it', () => {
  const metric = metrics.sparseCategoricalAccuracy();
  const y = Int32Array.of(0, 1, 1);
  const p = tensor([
    [2, 1],
    [2, 1],
    [0, 1],
  ]);
  const compiled = compile((a: ReturnType<typeof tensor>, b: typeof p) => metric.update(a, b))(tensor(y), p);
  expect([compiled.values.item(), compiled.count]).toEqual([2, 3]);
  expect([metric.update(y, p).values.item(), metric.update(y, p).count]).toEqual([2, 3]);
});

test('a metric of one’s own is the mean of its figures; bool counts as 0 and 1', () => {
  const isNear = metrics.mean('near', (yTrue, yPred) => yPred.sub(yTrue).abs().less(1));
  const { values, count } = isNear.update([1, 2, 3, 4], [1.5, 4, 3, 2]);
  expect([isNear.name, values.item(), count]).toEqual(['near', 2, 4]);
});

test('the name accuracy means what Keras takes it for, by the shapes', () => {
  const cases = [
    { y: [[1]], p: [[0.75]] },
    { y: [1], p: [[0.75]] },
    { y: [1], p: [0.75] },
    { y: [2], p: [[0, 0, 1]] },
    { y: [[2]], p: [[0, 0, 1]] },
    { y: [[0, 0, 1]], p: [[0, 0, 1]] },
    { y: [[[0, 0, 1]]], p: [[[0, 0, 1]]] },
    { y: [[2]], p: [[[0, 0, 1]]] },
  ];
  const metric = metricByName('accuracy');
  for (const { y, p } of cases) {
    const { values, count } = metric.update(y, p);
    expect([metric.name, values.item(), count]).toEqual(['accuracy', 1, 1]);
  }
  // one-hot rows would be right wherever labels are: the other way round they are not
  expect(
    metricByName('acc')
      .update([[0, 1, 0]], [[0, 0, 1]])
      .values.item(),
  ).toBe(0);
});

test('names are those of a history; unknown ones are refused', () => {
  for (const name of ['mse', 'mae', 'meanSquaredError', 'meanAbsoluteError', 'binaryAccuracy', 'categoricalAccuracy']) {
    expect(metricByName(name).name).toBe(name);
  }
  expect(metricByName('sparseCategoricalAccuracy').name).toBe('sparseCategoricalAccuracy');
  expect(() => metricByName('sharpness')).toThrow('metric: the name must be one of acc, accuracy,');
  expect(() => metricByName('toString')).toThrow(RangeError);
});

test('shapes that do not fit are refused, with both', () => {
  expect(() => metrics.meanSquaredError().update([[1, 2]], [[1, 2, 3]])).toThrow(
    'meanSquaredError: yTrue and yPred must have the same shape; got [1, 2] and [1, 3]',
  );
  expect(() => metrics.sparseCategoricalAccuracy().update([1, 2], [[1, 2, 3]])).toThrow(ShapeError);
  expect(() => metrics.categoricalAccuracy().update([[1, 2]], [[1, 2, 3]])).toThrow(ShapeError);
  expect(() => metrics.binaryAccuracy().update([1, 2], [[1, 2]])).toThrow('binaryAccuracy');
});

test('a running mean weights batches by their counts, and starts anew after reset', () => {
  const mean = runningMean();
  expect(mean.value).toBeNaN();
  mean.add(3, 1);
  mean.add(3, 5);
  expect([mean.value, mean.count]).toEqual([1, 6]);
  mean.reset();
  expect(mean.count).toBe(0);
  mean.add(1, 2);
  expect(mean.value).toBe(0.5);
});
