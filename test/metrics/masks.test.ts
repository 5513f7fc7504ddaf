// What a mask leaves out counts in no metric: over sequences with padding it is what it is over the steps alone.

import { type Metric, metrics } from '@treadle/metrics';
import { ShapeError, type Tensor, tensor } from '@treadle/tensor';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const u = 2 ** -24;

interface Step {
  readonly isThere: boolean;
  readonly y: readonly number[];
  readonly p: readonly number[];
}

type Sequences = readonly (readonly Step[])[];

const quarter = fc.integer({ min: -20, max: 20 }).map((x) => x / 4);
const hot = (label: number, classes: number): number[] =>
  Array.from({ length: classes }, (_, i) => (i === label ? 1 : 0));

/** n sequences of as many steps, each with c figures; `y` makes the targets of a step. */
function sequences(c: number, y: (c: number) => fc.Arbitrary<readonly number[]>): fc.Arbitrary<Sequences> {
  const step = fc.record({
    isThere: fc.boolean(),
    y: y(c),
    p: fc.array(quarter, { minLength: c, maxLength: c }),
  });
  return fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }))
    .chain(([n, steps]) =>
      fc.array(fc.array(step, { minLength: steps, maxLength: steps }), { minLength: n, maxLength: n }),
    );
}

const figures = (c: number) => fc.array(quarter, { minLength: c, maxLength: c });
const truths = (c: number) => fc.array(fc.constantFrom(0, 1), { minLength: c, maxLength: c });
const oneHot = (c: number) => fc.nat(c - 1).map((label) => hot(label, c));
const label = (c: number) => fc.nat(c - 1).map((one) => [one]);

/** Every metric, with targets that it takes and numbers of figures a step. */
const kinds: readonly (readonly [Metric, (c: number) => fc.Arbitrary<readonly number[]>, readonly number[]])[] = [
  [metrics.meanSquaredError(), figures, [1, 3]],
  [metrics.rootMeanSquaredError(), figures, [1, 3]],
  [metrics.meanAbsoluteError(), figures, [1, 3]],
  [metrics.meanAbsolutePercentageError(), figures, [1, 3]],
  [metrics.meanSquaredLogarithmicError(), figures, [1, 3]],
  [metrics.cosineSimilarity(), figures, [1, 3]],
  [metrics.r2(), figures, [1, 3]],
  [metrics.binaryAccuracy(), truths, [1, 3]],
  [metrics.auc(), truths, [1]],
  [metrics.auc({ curve: 'PR' }), truths, [1]],
  [metrics.categoricalAccuracy(), oneHot, [3]],
  [metrics.sparseCategoricalAccuracy(), label, [3]],
  [metrics.topKCategoricalAccuracy({ k: 2 }), oneHot, [3]],
  [metrics.sparseTopKCategoricalAccuracy({ k: 2 }), label, [3]],
  [metrics.precision(), truths, [1]],
  [metrics.recall({ threshold: 0.5, average: 'micro' }), truths, [3]],
  [metrics.f1(), label, [3]],
  [metrics.f1(), oneHot, [3]],
];

/** Over two batches, the second after `cut` sequences. */
function over(metric: Metric, all: Sequences, cut: number, add: (some: Sequences) => readonly Tensor[]): number {
  const total = metric.total();
  for (const some of [all.slice(0, cut), all.slice(cut)]) {
    const [y, p, mask] = add(some);
    if (!y || !p || y.size === 0) continue;
    const { values, count } = metric.update(y, p, mask);
    total.add(values.data(), count);
  }
  return total.value;
}

const padded = (some: Sequences): readonly Tensor[] => {
  if (some.length === 0) return [];
  const steps = (of: (step: Step) => number[]): Tensor => tensor(some.map((sequence) => sequence.map(of)));
  const mask = tensor(some.map((sequence) => sequence.map(({ isThere }) => isThere)));
  const p = steps((step) => step.p.map((each) => (step.isThere ? each : Number.NaN)));
  return [steps((step) => [...step.y]), p, mask];
};

const alone = (some: Sequences): readonly Tensor[] => {
  const there = some.flat().filter(({ isThere }) => isThere);
  return there.length === 0 ? [] : [tensor(there.map(({ y }) => [...y])), tensor(there.map(({ p }) => [...p]))];
};

test.each(kinds.flatMap(([metric, y, widths]) => widths.map((c) => [metric.name, c, metric, y] as const)))(
  '%s of %i figures a step is that of the steps that count',
  (_, c, metric, y) => {
    fc.assert(
      fc.property(sequences(c, y), fc.nat(4), (all, at) => {
        const cut = Math.min(at, all.length);
        const [got, expected] = [over(metric, all, cut, padded), over(metric, all, cut, alone)];
        if (!Number.isFinite(expected)) {
          expect(got).toBe(expected);
          return;
        }
        // The figure of a step has the same bits; sums of up to 16·3 of them are added in another order, twice in R².
        expect(Math.abs(got - expected)).toBeLessThanOrEqual(4 * 48 * u * (1 + Math.abs(expected)));
      }),
      { numRuns: 40 },
    );
  },
);

test('a mask of other axes than the figures’ first is refused', () => {
  const steps = tensor([[[1], [2]]]);
  for (const metric of [metrics.meanSquaredError(), metrics.auc(), metrics.r2(), metrics.precision()]) {
    expect(() => metric.update(steps, steps, [true, false])).toThrow(ShapeError);
  }
  expect(() => metrics.meanSquaredError().update(steps, steps, [true, false])).toThrow(
    'meanSquaredError: mask must have the first axes of the figures; got [2] for [1, 2]',
  );
});
