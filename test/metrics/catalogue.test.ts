// The laws of metrics that are more than means: over any batches they are what their definitions in plain TypeScript give for all
// samples at once.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Metric, metrics } from '@treadle/metrics';
import { ShapeError, tensor } from '@treadle/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

interface Areas {
  readonly y: readonly number[];
  readonly p: readonly number[];
  readonly roc: number;
  readonly pr: number;
}

/** golden/make-golden.py made it. */
const golden: { readonly cases: readonly Areas[] } = JSON.parse(
  readFileSync(join(import.meta.dirname, 'golden', 'keras.json'), 'utf8'),
);

const u = 2 ** -24;
const runs = { numRuns: 40 };

/** Rows that a batch may end after. */
type Cut = number;

/** The metric over rows that come in two batches, and in one. */
function figures(metric: Metric, y: readonly unknown[], p: readonly unknown[], cut: Cut): readonly [number, number] {
  const over = (batches: readonly (readonly [number, number])[]): number => {
    const total = metric.total();
    for (const [from, to] of batches) {
      if (from === to) continue;
      const rows = (x: readonly unknown[]) => tensor(x.slice(from, to) as number[]);
      const { values, count } = metric.update(rows(y), rows(p));
      total.add(values.data(), count);
    }
    return total.value;
  };
  const at = Math.min(cut, y.length);
  return [
    over([
      [0, at],
      [at, y.length],
    ]),
    over([[0, y.length]]),
  ];
}

/** The same in one batch and in two, and as expected, but for what `bound` allows. */
function agrees(
  metric: Metric,
  y: readonly unknown[],
  p: readonly unknown[],
  cut: Cut,
  expected: number,
  bound = 1e-12,
): void {
  for (const got of figures(metric, y, p, cut)) {
    if (Number.isNaN(expected)) expect(got).toBeNaN();
    else expect(Math.abs(got - expected)).toBeLessThanOrEqual(bound);
  }
}

const quarter = fc.integer({ min: -8, max: 8 }).map((x) => x / 4); // few, so that ties are common
const cuts = fc.nat(12);
const ratio = (a: number, b: number): number => (b === 0 ? 0 : a / b);

const yesAndNo = fc.array(fc.record({ y: fc.integer({ min: 0, max: 1 }), p: quarter }), {
  minLength: 1,
  maxLength: 12,
});

const labelled = fc.tuple(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 2, max: 4 })).chain(([n, c]) =>
  fc.array(
    fc.record({
      y: fc.nat(c - 1),
      p: fc.uniqueArray(fc.integer({ min: -20, max: 20 }), { minLength: c, maxLength: c }),
    }),
    { minLength: n, maxLength: n },
  ),
);

const argmax = (row: readonly number[]): number => row.indexOf(Math.max(...row));
const hot = (label: number, classes: number): number[] =>
  Array.from({ length: classes }, (_, i) => (i === label ? 1 : 0));

interface Answer {
  readonly isTrue: boolean;
  readonly isPredicted: boolean;
}

/** Precision, recall and F1 of answers, as their definitions say. */
function scores(answers: readonly Answer[]): readonly [number, number, number] {
  const both = answers.filter(({ isTrue, isPredicted }) => isTrue && isPredicted).length;
  const precision = ratio(both, answers.filter(({ isPredicted }) => isPredicted).length);
  const recall = ratio(both, answers.filter(({ isTrue }) => isTrue).length);
  return [precision, recall, ratio(2 * precision * recall, precision + recall)];
}

describe('precision, recall and f1', () => {
  const all = [metrics.precision, metrics.recall, metrics.f1];

  test('of yes and no follow from what was true and what was predicted', () => {
    fc.assert(
      fc.property(yesAndNo, fc.constantFrom(0, 0.5), cuts, (rows, threshold, cut) => {
        const expected = scores(rows.map(({ y, p }) => ({ isTrue: y === 1, isPredicted: p > threshold })));
        all.forEach((make, i) => {
          const [y, p] = [rows.map((row) => row.y), rows.map((row) => [row.p])];
          agrees(make({ threshold }), y, p, cut, expected[i]!);
        });
      }),
      runs,
    );
  });

  test('of classes are means over the classes that occur, for labels and for one-hot rows', () => {
    fc.assert(
      fc.property(labelled, cuts, (rows, cut) => {
        const classes = rows[0]!.p.length;
        const ofClass = (c: number): Answer[] =>
          rows.map(({ y, p }) => ({ isTrue: y === c, isPredicted: argmax(p) === c }));
        const occurring = Array.from({ length: classes }, (_, c) => ofClass(c)).filter((answers) =>
          answers.some(({ isTrue, isPredicted }) => isTrue || isPredicted),
        );
        const p = rows.map((row) => row.p);
        all.forEach((make, i) => {
          const mean = occurring.map((answers) => scores(answers)[i]!).reduce((a, b) => a + b, 0) / occurring.length;
          agrees(
            make(),
            rows.map(({ y }) => y),
            p,
            cut,
            mean,
          );
          agrees(
            make(),
            rows.map(({ y }) => [y]),
            p,
            cut,
            mean,
          );
          agrees(
            make(),
            rows.map(({ y }) => hot(y, classes)),
            p,
            cut,
            mean,
          );
        });
      }),
      runs,
    );
  });

  test('micro averages of classes are the accuracy; of several answers a sample they count every answer once', () => {
    fc.assert(
      fc.property(labelled, cuts, (rows, cut) => {
        const right = rows.filter(({ y, p }) => argmax(p) === y).length / rows.length;
        const [y, p] = [rows.map((row) => row.y), rows.map((row) => row.p)];
        for (const make of all) agrees(make({ average: 'micro' }), y, p, cut, right);
        const truths = rows.map((row) => row.p.map((_, i) => (i + row.y) % 2));
        const answers = rows.flatMap((row, n) =>
          row.p.map((x, i) => ({ isTrue: truths[n]![i] === 1, isPredicted: x > 0 })),
        );
        all.forEach((make, i) => {
          agrees(make({ average: 'micro', threshold: 0 }), truths, p, cut, scores(answers)[i]!);
        });
      }),
      runs,
    );
  });
});

describe('auc', () => {
  test('ROC is the share of pairs of yes and no in which the yes is above', () => {
    fc.assert(
      fc.property(yesAndNo, cuts, (rows, cut) => {
        const [yes, no] = [1, 0].map((which) => rows.filter(({ y }) => y === which).map(({ p }) => p));
        const won = yes!.flatMap((a) => no!.map((b) => (a > b ? 1 : a === b ? 0.5 : 0)));
        const expected = won.reduce<number>((a, b) => a + b, 0) / won.length;
        const [y, p] = [rows.map((row) => [row.y]), rows.map((row) => [row.p])];
        agrees(metrics.auc(), y, p, cut, expected);
      }),
      runs,
    );
  });

  // Precision rises or falls all the way from one threshold to the next, so sums of its values at the ends of short pieces
  // lie below and above its integral.
  test('PR is the area under precision over recall, predictions growing evenly from threshold to threshold', () => {
    const pieces = 1000;
    fc.assert(
      fc.property(yesAndNo, cuts, (rows, cut) => {
        const yes = rows.filter(({ y }) => y === 1).length;
        const thresholds = [...new Set(rows.map(({ p }) => p))].sort((a, b) => b - a);
        const counts = thresholds.map((t) => {
          const predicted = rows.filter(({ p }) => p >= t);
          return [predicted.filter(({ y }) => y === 1).length, predicted.length] as const;
        });
        let [low, high] = [0, 0];
        counts.forEach(([tp, p], i) => {
          const [tpBefore, pBefore] = counts[i - 1] ?? [0, 0];
          const [gained, predicted] = [tp - tpBefore, p - pBefore];
          const precisionAt = (share: number): number =>
            pBefore === 0 ? gained / predicted : (tpBefore + share * gained) / (pBefore + share * predicted);
          for (let piece = 0; piece < pieces; piece++) {
            const ends = [precisionAt(piece / pieces), precisionAt((piece + 1) / pieces)];
            low += (Math.min(...ends) * gained) / pieces / yes;
            high += (Math.max(...ends) * gained) / pieces / yes;
          }
        });
        const expected = yes === 0 ? Number.NaN : (low + high) / 2;
        const [y, p] = [rows.map((row) => row.y), rows.map((row) => [row.p])];
        agrees(metrics.auc({ curve: 'PR' }), y, p, cut, expected, (high - low) / 2 + 12 * pieces * 2 ** -52);
      }),
      runs,
    );
  });

  test('is what Keras computes with a threshold between any two scores, to float32', () => {
    for (const { y, p, roc, pr } of golden.cases) {
      // Keras has a term for each score, made of figures from 0 to 1 (ROC), or of counts and the logarithm of their ratio (PR).
      const scores = [...new Set(p)].length;
      const gamma = ((scores + 8) * u) / (1 - (scores + 8) * u);
      expect(Math.abs(figures(metrics.auc(), y, p, 3)[0] - roc)).toBeLessThanOrEqual(gamma * scores);
      const sizes = [...new Set(p)].map((t) => {
        const count = (above: (x: number) => boolean) => p.filter(above).length;
        const [before, after] = [count((x) => x > t), count((x) => x >= t)];
        return before === 0 ? after : after - before + 2 * before * (1 + Math.log(after / before));
      });
      const size = sizes.reduce((a, b) => a + b) / y.filter((one) => one === 1).length;
      expect(Math.abs(figures(metrics.auc({ curve: 'PR' }), y, p, 3)[0] - pr)).toBeLessThanOrEqual(gamma * size);
    }
  });

  test('is NaN as soon as a score is', () => {
    for (const curve of ['ROC', 'PR'] as const) {
      for (const p of [
        [Number.NaN, 0.5, 0.1],
        [0.2, Number.NaN, 0.1],
      ]) {
        agrees(metrics.auc({ curve }), [1, 0, 1], p, 1, Number.NaN);
      }
    }
  });
});

describe('r2', () => {
  const shifted = fc.record({
    rows: fc.array(fc.tuple(quarter, quarter, quarter, quarter), { minLength: 2, maxLength: 10 }),
    away: fc.constantFrom(0, 1000),
  });

  test('is 1 − Σ(y − p)² / Σ(y − ȳ)², the mean over columns, also far from 0', () => {
    fc.assert(
      fc.property(shifted, cuts, ({ rows, away }, cut) => {
        const y = rows.map(([a, b]) => [a + away, b + away]);
        const p = rows.map(([, , c, d]) => [c + away, d + away]);
        const column = (c: number): { value: number; error: number } => {
          const mean = y.reduce((sum, row) => sum + row[c]!, 0) / y.length;
          const spread = y.reduce((sum, row) => sum + (row[c]! - mean) ** 2, 0);
          const residual = y.reduce((sum, row, n) => sum + (row[c]! - p[n]![c]!) ** 2, 0);
          // a batch's mean is off by n·u·|mean|, which moves a distance of 4 at most, twice, and its square by n times that
          const off = 8 * y.length * (y.length + 2) * u * (Math.abs(mean) + 4) + (y.length + 2) * u * spread;
          const error = ((residual / spread) * off) / (spread - off) + ((y.length + 2) * u * residual) / spread;
          return { value: 1 - residual / spread, error: spread > 2 * off ? error : Number.POSITIVE_INFINITY };
        };
        const columns = [column(0), column(1)];
        fc.pre(columns.every(({ error }) => Number.isFinite(error)));
        const value = (columns[0]!.value + columns[1]!.value) / 2;
        agrees(metrics.r2(), y, p, cut, value, 2 * (columns[0]!.error + columns[1]!.error) + 1e-12);
      }),
      runs,
    );
  });

  test('of equal targets is −∞, of a perfect prediction 1', () => {
    expect(figures(metrics.r2(), [1, 1], [[1], [2]], 1)).toEqual([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]);
    expect(figures(metrics.r2(), [1, 2, 4], [[1], [2], [4]], 1)).toEqual([1, 1]);
  });
});

test('top k counts a class as right if fewer than k are above it, for labels and for one-hot rows', () => {
  fc.assert(
    fc.property(labelled, fc.integer({ min: 1, max: 5 }), cuts, (rows, k, cut) => {
      const isRight = rows.filter(({ y, p }) => p.filter((x) => x > p[y]!).length < k).length / rows.length;
      const p = rows.map((row) => row.p);
      agrees(
        metrics.sparseTopKCategoricalAccuracy({ k }),
        rows.map(({ y }) => y),
        p,
        cut,
        isRight,
      );
      const targets = rows.map(({ y, p: row }) => hot(y, row.length));
      agrees(metrics.topKCategoricalAccuracy({ k }), targets, p, cut, isRight);
    }),
    runs,
  );
});

test('errors that are relative, logarithmic, or a root of a mean', () => {
  const positive = fc.integer({ min: 1, max: 64 }).map((x) => x / 8);
  const pairs = fc.array(fc.tuple(positive, positive), { minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(pairs, cuts, (rows, cut) => {
      const [y, p] = [rows.map(([a]) => [a]), rows.map(([, b]) => [b])];
      const mean = (of: (a: number, b: number) => number): number =>
        rows.reduce((sum, [a, b]) => sum + of(a, b), 0) / rows.length;
      const squares = mean((a, b) => (a - b) ** 2);
      const n = rows.length + 4; // roundings on the way
      agrees(metrics.rootMeanSquaredError(), y, p, cut, Math.sqrt(squares), n * u * Math.sqrt(squares));
      const relative = mean((a, b) => (100 * Math.abs(a - b)) / a);
      agrees(metrics.meanAbsolutePercentageError(), y, p, cut, relative, n * u * relative);
      const logs = mean((a, b) => (Math.log1p(a) - Math.log1p(b)) ** 2);
      // each logarithm, 4u of at most ln 9, moves a difference of at most that
      const slack = 2 * 2 * 4 * u * Math.log(9) ** 2 + n * u * logs;
      agrees(metrics.meanSquaredLogarithmicError(), y, p, cut, logs, slack);
    }),
    runs,
  );
});

test('cosineSimilarity is 1 for equal directions, −1 for opposite ones, 0 for zeros', () => {
  const y = [
    [3, 4],
    [0.5, 0],
    [0, 0],
  ];
  const p = [
    [6, 8],
    [-2, 0],
    [1, 1],
  ];
  for (const [i, expected] of [1, -1, 0].entries()) {
    agrees(metrics.cosineSimilarity(), [y[i]!], [p[i]!], 0, expected, 8 * u);
  }
});

test('a confusion matrix counts what was taken for what', () => {
  fc.assert(
    fc.property(labelled, (rows) => {
      const classes = rows[0]!.p.length;
      const expected = Array.from({ length: classes }, (_, i) =>
        Array.from({ length: classes }, (_, j) => rows.filter(({ y, p }) => y === i && argmax(p) === j).length),
      );
      const matrix = metrics.confusionMatrix(
        rows.map(({ y }) => y),
        rows.map(({ p }) => p),
      );
      expect(matrix.toArray()).toEqual(expected);
      expect(matrix.dtype).toBe('int32');
    }),
    runs,
  );
});

test('what cannot be meant is refused', () => {
  expect(() => metrics.topKCategoricalAccuracy({ k: 0 })).toThrow('k must be a whole number ≥ 1; got 0');
  expect(() => metrics.sparseTopKCategoricalAccuracy({ k: 1.5 })).toThrow(RangeError);
  // @ts-expect-error: the type forbids it
  expect(() => metrics.precision({ average: 'all' })).toThrow('precision: average must be macro or micro; got "all"');
  // @ts-expect-error: the type forbids it
  expect(() => metrics.auc({ curve: 'S' })).toThrow('auc: curve must be ROC or PR; got "S"');
  expect(() => metrics.auc().update([1, 0], [1, 2, 3])).toThrow(ShapeError);
  expect(() => metrics.recall().update([[1], [2]], [[1, 2, 3]])).toThrow(
    'recall: yTrue must hold a label for each row',
  );
  expect(() => metrics.r2().update([[1, 2]], [[1, 2, 3]])).toThrow('r2: yTrue and yPred must have the same shape');
  expect(() =>
    metrics.confusionMatrix(
      [1],
      [
        [1, 2],
        [1, 2],
      ],
    ),
  ).toThrow('confusionMatrix: yTrue must hold a label');
  const three = [
    [1, 2],
    [1, 2],
    [1, 2],
  ];
  expect(() => metrics.confusionMatrix([0, 3, -1], three).data()).toThrow(
    new RangeError('confusionMatrix: indices must be at least 0 and less than 2; got 3 at [1]'),
  );
});
