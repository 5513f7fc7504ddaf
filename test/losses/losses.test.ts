// The laws of losses: values and gradients are those of float64, within what float32 rounding may cost.

import {
  binaryCrossentropy,
  categoricalCrossentropy,
  type Loss,
  lossByName,
  meanAbsoluteError,
  meanSquaredError,
  sparseCategoricalCrossentropy,
} from '@treadle/losses';
import { DtypeError, grad, ShapeError, tensor } from '@treadle/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as ref from './references.ts';

const { u, elementary } = ref;
const runs = { numRuns: 25 };

interface Case {
  readonly y: ref.Rows;
  readonly p: ref.Rows;
}

const figures = fc.integer({ min: -1024, max: 1024 }).map((x) => x / 64);
const probability = fc.integer({ min: 1, max: 4095 }).map((x) => x / 4096);
const truth = fc.integer({ min: 0, max: 1 });

function rowsOf(
  y: fc.Arbitrary<number>,
  p: fc.Arbitrary<number>,
  wide: { readonly min: number; readonly max: number },
): fc.Arbitrary<Case> {
  return fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer(wide)).chain(([n, c]) => {
    const rows = (x: fc.Arbitrary<number>): fc.Arbitrary<number[][]> =>
      fc.array(fc.array(x, { minLength: c, maxLength: c }), { minLength: n, maxLength: n });
    return fc.record({ y: rows(y), p: rows(p) });
  });
}

const narrow = { min: 1, max: 4 };
const classes = { min: 2, max: 5 };

/** Rows of logits or the like, with a label for each. */
function labelled(p: fc.Arbitrary<number>): fc.Arbitrary<{ readonly labels: readonly number[]; readonly p: ref.Rows }> {
  return rowsOf(figures, p, classes).chain(({ p: rows }) =>
    fc.tuple(...rows.map((row) => fc.nat(row.length - 1))).map((labels) => ({ labels, p: rows })),
  );
}

/** Fails where |got − expected| > bound, and says where. */
function within(got: ArrayLike<number>, expected: readonly number[], bound: (i: number) => number): void {
  expect(got.length).toBe(expected.length);
  expected.forEach((x, i) => {
    const off = Math.abs(got[i]! - x);
    if (!(off <= bound(i))) throw new Error(`at ${i}: got ${got[i]}, expected ${x}, off by ${off}, bound ${bound(i)}`);
  });
}

const gradientOf = (loss: Loss, y: ref.Rows | readonly number[], p: ref.Rows): ArrayLike<number> =>
  grad((x) => loss(tensor([...y].map((row) => (typeof row === 'number' ? row : [...row]))), x))(tensor(p)).data();

/** What a loss is compared with, and how far a sample's value and the elements of its gradient may be off. */
interface Law {
  readonly name: string;
  readonly loss: (reduction: 'mean' | 'sum' | 'none') => Loss;
  readonly reference: ref.Reference;
  readonly cases: fc.Arbitrary<Case>;
  readonly target?: (y: readonly number[]) => readonly number[];
  readonly valueBound: (y: readonly number[], p: readonly number[], value: number) => number;
  /** beside 2 roundings for the division by the number of samples */
  readonly gradientBound: (y: readonly number[], p: readonly number[], dp: number, i: number) => number;
}

/** ln softmax: rounding what was moved, an exponential's argument (which counts e^−x·x ≤ 1/e a class), the sum, the logarithm. */
const logSoftmaxBound = (z: readonly number[], i: number): number => {
  const moved = Math.max(...z) - z[i]!;
  return 3 * u * moved + z.length * (2 * u + elementary) + 2 * elementary * Math.log(z.length);
};
/** softmax: the exponent of each class and of the sum. */
const softmaxBound = (z: readonly number[]): number =>
  logSoftmaxBound(z, z.indexOf(Math.min(...z))) + elementary + 6 * u;
/** ln(p / Σp): a relative error of its argument (sum, quotient) is absolute, then that of the logarithm. */
const logRatioBound = (p: readonly number[], i: number): number =>
  (p.length + 2) * u + elementary * Math.abs(Math.log(p[i]! / ref.sum(p)));

const laws: readonly Law[] = [
  {
    name: 'meanSquaredError',
    loss: (reduction) => meanSquaredError({ reduction }),
    reference: ref.meanSquared,
    cases: rowsOf(figures, figures, narrow),
    valueBound: (y, _, value) => (y.length + 4) * u * value, // difference twice, square, sum, division
    gradientBound: (_, __, dp) => 6 * u * Math.abs(dp),
  },
  {
    name: 'meanAbsoluteError',
    loss: (reduction) => meanAbsoluteError({ reduction }),
    reference: ref.meanAbsolute,
    cases: rowsOf(figures, figures, narrow),
    valueBound: (y, _, value) => (y.length + 3) * u * value,
    gradientBound: (_, __, dp) => 4 * u * Math.abs(dp),
  },
  {
    name: 'binaryCrossentropy of logits',
    loss: (reduction) => binaryCrossentropy({ fromLogits: true, reduction }),
    reference: ref.binaryOfLogits,
    cases: rowsOf(truth, figures, narrow),
    valueBound: (y, _, value) => (elementary + (y.length + 4) * u) * value,
    gradientBound: (_, __, dp) => (elementary + 6 * u) * Math.abs(dp), // −σ(−z) or σ(z): nothing cancels
  },
  {
    name: 'binaryCrossentropy of probabilities',
    loss: (reduction) => binaryCrossentropy({ reduction }),
    reference: ref.binaryOfProbabilities,
    cases: rowsOf(truth, probability, narrow),
    valueBound: (y, _, value) => (elementary + (y.length + 4) * u) * value, // 1 − p is exact here: p has 12 bits
    gradientBound: (_, __, dp) => 8 * u * Math.abs(dp),
  },
  {
    name: 'categoricalCrossentropy of logits',
    loss: (reduction) => categoricalCrossentropy({ fromLogits: true, reduction }),
    reference: ref.categoricalOfLogits,
    cases: rowsOf(probability, figures, classes),
    valueBound: (y, z, value) => ref.sum(z.map((_, i) => y[i]! * logSoftmaxBound(z, i))) + (y.length + 1) * u * value,
    gradientBound: (y, z) => softmaxBound(z) * ref.sum(y) + 4 * u * ref.sum(y),
  },
  {
    name: 'categoricalCrossentropy of logits, smoothed',
    loss: (reduction) => categoricalCrossentropy({ fromLogits: true, labelSmoothing: 0.25, reduction }),
    reference: ref.categoricalOfLogits,
    cases: rowsOf(truth, figures, classes),
    target: (y) => ref.smoothed(y, 0.25),
    valueBound: (y, z, value) => ref.sum(z.map((_, i) => y[i]! * logSoftmaxBound(z, i))) + (y.length + 4) * u * value,
    gradientBound: (y, z) => softmaxBound(z) * ref.sum(y) + 8 * u * ref.sum(y),
  },
  {
    name: 'categoricalCrossentropy of probabilities',
    loss: (reduction) => categoricalCrossentropy({ reduction }),
    reference: ref.categoricalOfProbabilities,
    cases: rowsOf(truth, probability, classes),
    valueBound: (y, p, value) => ref.sum(p.map((_, i) => y[i]! * logRatioBound(p, i))) + (y.length + 1) * u * value,
    gradientBound: (y, p, _, i) => (p.length + 16) * u * (y[i]! / p[i]! + ref.sum(y) / ref.sum(p)),
  },
];

describe.each(laws)('$name', ({ loss, reference, cases, target = (y) => y, valueBound, gradientBound }) => {
  test('the loss of every sample is that of float64', () => {
    fc.assert(
      fc.property(cases, ({ y, p }) => {
        const expected = y.map((row, i) => reference.value(target(row), p[i]!));
        within(loss('none')(y, p).data(), expected, (i) => valueBound(target(y[i]!), p[i]!, expected[i]!));
      }),
      runs,
    );
  });

  test('the mean and the sum are those of the samples’ losses', () => {
    fc.assert(
      fc.property(cases, ({ y, p }) => {
        const samples = [...loss('none')(y, p).data()];
        const scale = ref.sum(samples.map(Math.abs));
        within([loss('sum')(y, p).item()], [ref.sum(samples)], () => samples.length * u * scale);
        within([loss('mean')(y, p).item()], [ref.mean(samples)], () => (samples.length + 1) * u * scale);
      }),
      { numRuns: 10 },
    );
  });

  test('the gradient is the one in closed form', () => {
    fc.assert(
      fc.property(cases, ({ y, p }) => {
        const expected = p.flatMap((row, n) => reference.gradient(target(y[n]!), row).map((dp) => dp / p.length));
        const bounds = p.flatMap((row, n) =>
          row.map((_, i) => {
            const dp = reference.gradient(target(y[n]!), row)[i]!;
            return (gradientBound(target(y[n]!), row, dp, i) + 2 * u * Math.abs(dp)) / p.length;
          }),
        );
        within(gradientOf(loss('mean'), y, p), expected, (i) => bounds[i]!);
      }),
      runs,
    );
  });

  test('no loss is below 0', () => {
    fc.assert(
      fc.property(cases, ({ y, p }) => {
        for (const value of loss('none')(y, p).data()) expect(value).toBeGreaterThanOrEqual(0);
      }),
      runs,
    );
  });
});

describe('sparseCategoricalCrossentropy', () => {
  test.each([true, false])(
    'is categoricalCrossentropy of the one-hot rows, bit for bit (fromLogits %s)',
    (fromLogits) => {
      fc.assert(
        fc.property(labelled(fromLogits ? figures : probability), ({ labels, p }) => {
          const y = labels.map((label, i) => ref.oneHot(label, p[i]!.length));
          const sparse = sparseCategoricalCrossentropy({ fromLogits, reduction: 'none' });
          const dense = categoricalCrossentropy({ fromLogits, reduction: 'none' });
          expect(sparse(Int32Array.from(labels), p).data()).toEqual(dense(y, p).data());
          // labels as floats, and in a column
          expect(sparse([...labels], p).data()).toEqual(dense(y, p).data());
          expect(
            sparse(
              labels.map((label) => [label]),
              p,
            ).data(),
          ).toEqual(dense(y, p).data());
        }),
        runs,
      );
    },
  );

  test('its gradient is (softmax − one-hot) / n', () => {
    fc.assert(
      fc.property(labelled(figures), ({ labels, p }) => {
        const expected = p.flatMap((z, n) => {
          const hot = ref.oneHot(labels[n]!, z.length);
          return ref.softmax(z).map((q, i) => (q - hot[i]!) / p.length);
        });
        const bounds = p.flatMap((z) => z.map(() => (softmaxBound(z) + 8 * u) / p.length));
        within(gradientOf(sparseCategoricalCrossentropy({ fromLogits: true }), labels, p), expected, (i) => bounds[i]!);
      }),
      runs,
    );
  });

  test('takes labels of any number of axes', () => {
    const z = [
      [
        [1, 2],
        [3, 0],
      ],
      [
        [0, 0],
        [5, 1],
      ],
    ];
    const loss = sparseCategoricalCrossentropy({ fromLogits: true, reduction: 'none' });
    const flat = loss([0, 1, 1, 0], z.flat()).data();
    expect(
      loss(
        [
          [0, 1],
          [1, 0],
        ],
        z,
      ).shape,
    ).toEqual([2, 2]);
    expect(
      loss(
        [
          [0, 1],
          [1, 0],
        ],
        z,
      ).data(),
    ).toEqual(flat);
  });

  test('a label outside of the classes makes the loss NaN', () => {
    const loss = sparseCategoricalCrossentropy({ fromLogits: true, reduction: 'none' });
    expect(
      [
        ...loss(
          [0, -1, 2, 1],
          [
            [0, 0],
            [0, 0],
            [0, 0],
            [0, 0],
          ],
        ).data(),
      ].map(Number.isNaN),
    ).toEqual([false, true, true, false]);
  });

  test('labels that are at hand can be checked: whole numbers that stand for classes', () => {
    const { checkTargets } = sparseCategoricalCrossentropy();
    expect(() => checkTargets?.('fit', [0, 2, 1], [3])).not.toThrow();
    for (const [label, row] of [
      [3, 1],
      [-1, 1],
      [0.5, 1],
    ] as const) {
      expect(() => checkTargets?.('fit', [0, label], [3])).toThrow(
        `fit: a class label must be a whole number from 0 to 2; got ${label} in row ${row}`,
      );
    }
  });
});

test('a constant added to all logits changes no cross-entropy, bit for bit', () => {
  const shift = fc.integer({ min: -(2 ** 17), max: 2 ** 17 }); // then z + shift is exact: z has 6 bits after the point
  fc.assert(
    fc.property(labelled(figures), shift, ({ labels, p }, c) => {
      const loss = sparseCategoricalCrossentropy({ fromLogits: true, reduction: 'none' });
      const moved = p.map((row) => row.map((z) => z + c));
      expect(loss([...labels], moved).data()).toEqual(loss([...labels], p).data());
    }),
    runs,
  );
});

test('logits of ±10⁴ give finite losses and gradients, right to the last place', () => {
  const z = [[1e4], [-1e4], [1e4], [-1e4]];
  const y = [[1], [0], [0], [1]];
  const binary = (reduction: 'none' | 'sum'): Loss => binaryCrossentropy({ fromLogits: true, reduction });
  expect([...binary('none')(y, z).data()]).toEqual([0, 0, 1e4, 1e4]);
  expect([...Array.from(gradientOf(binary('sum'), y, z), Math.abs)]).toEqual([0, 0, 1, 1]);

  const rows = [
    [1e4, -1e4, 0],
    [1e4, -1e4, 0],
  ];
  const sparse = (reduction: 'none' | 'sum'): Loss => sparseCategoricalCrossentropy({ fromLogits: true, reduction });
  expect([...sparse('none')([0, 1], rows).data()].map(Math.abs)).toEqual([0, 2e4]);
  expect([...Array.from(gradientOf(sparse('sum'), [0, 1], rows), Math.abs)]).toEqual([0, 0, 0, 1, 1, 0]);
});

test('a logit of 0 has the gradient ½ − y', () => {
  expect([
    ...Array.from(gradientOf(binaryCrossentropy({ fromLogits: true, reduction: 'sum' }), [[0], [1]], [[0], [0]])),
  ]).toEqual([0.5, -0.5]);
});

test('probabilities of 0 and 1 count as 10⁻⁷ from the edge, as in Keras', () => {
  const edge = Math.log(1e-7);
  const binary = binaryCrossentropy({ reduction: 'none' })([[1], [0]], [[0], [1]]).data();
  // 1 − 10⁻⁷ rounds to 1 − 2⁻²³, which is then subtracted from 1
  within(binary, [-edge, 23 * Math.LN2], () => (elementary + 2 * u) * -edge);
  const [sparse] = sparseCategoricalCrossentropy({ reduction: 'none' })([1], [[1, 0]]).data();
  within([sparse!], [-edge], () => (elementary + 2 * u) * -edge);
});

test('the loss of logits is that of their probabilities', () => {
  const small = fc.integer({ min: -256, max: 256 }).map((x) => x / 64);
  fc.assert(
    fc.property(labelled(small), ({ labels, p }) => {
      const ofLogits = sparseCategoricalCrossentropy({ fromLogits: true, reduction: 'none' })([...labels], p).data();
      const q = tensor(p).softmax();
      const ofProbabilities = sparseCategoricalCrossentropy({ reduction: 'none' })([...labels], q).data();
      const bound = (i: number): number => {
        const z = p[i]!;
        return logSoftmaxBound(z, labels[i]!) + softmaxBound(z) + (z.length + 2) * u + elementary * ofLogits[i]!;
      };
      within(ofProbabilities, [...ofLogits], bound);
    }),
    runs,
  );
});

describe('shapes', () => {
  test('[n] beside [n, 1] is [n, 1] beside [n, 1], bit for bit', () => {
    const loss = meanSquaredError({ reduction: 'none' });
    const column = [[1.5], [-2], [0.25]];
    const expected = loss([[1], [2], [3]], column).data();
    expect(loss([1, 2, 3], column).data()).toEqual(expected);
    expect(loss([[1], [2], [3]], column.flat()).data()).toEqual(expected);
  });

  test('an axis of extent 1 at the end of one of both is dropped', () => {
    const y = tensor([1, 2, 3, 4, 5, 6], { shape: [3, 2, 1] });
    const loss = meanAbsoluteError({ reduction: 'none' });
    expect(
      loss(
        y,
        tensor([
          [0, 0],
          [0, 0],
          [0, 0],
        ]),
      ).data(),
    ).toEqual(Float32Array.of(1.5, 3.5, 5.5));
  });

  test('without an axis besides the batch, and of single numbers, the mean is over all there is', () => {
    expect(meanSquaredError()([1, 2], [2, 4]).item()).toBe(2.5);
    expect(meanSquaredError()(1, 3).item()).toBe(4);
  });

  test('others are refused, with both shapes', () => {
    expect(() => meanSquaredError()([1, 2], [1, 2, 3])).toThrow(ShapeError);
    expect(() => meanSquaredError()([[1, 2]], [[1, 2, 3]])).toThrow(
      'meanSquaredError: yTrue and yPred must have the same shape; got [1, 2] and [1, 3]',
    );
    expect(() =>
      binaryCrossentropy()(
        [1, 2, 3],
        [
          [1, 2],
          [1, 2],
          [1, 2],
        ],
      ),
    ).toThrow('got [3] and [3, 2]');
    expect(() => sparseCategoricalCrossentropy()([[0, 1]], [[0.5, 0.5]])).toThrow(
      'sparseCategoricalCrossentropy: yTrue must hold a label for each row of yPred; got [1, 2] for [1, 2]; categoricalCrossentropy takes one-hot rows',
    );
    expect(() => sparseCategoricalCrossentropy()([0, 1], [[0.5, 0.5]])).toThrow('got [2] for [1, 2]');
    expect(() => sparseCategoricalCrossentropy()(0, 0.5)).toThrow('must have an axis of classes; got []');
    expect(() => categoricalCrossentropy()([[1]], [[1]])).toThrow('two classes or more; got [1, 1]');
  });
});

test('dtypes that cannot be meant are refused', () => {
  expect(() => meanSquaredError()([1], Int32Array.of(1))).toThrow(DtypeError);
  expect(() => meanSquaredError()([1], Int32Array.of(1))).toThrow('meanSquaredError: yPred must be float32; got int32');
  expect(() => sparseCategoricalCrossentropy()([true], [[1, 0]])).toThrow(DtypeError);
});

test('options that cannot be meant are refused', () => {
  expect(() => categoricalCrossentropy({ labelSmoothing: 2 })).toThrow(RangeError);
  // @ts-expect-error: the type forbids it
  expect(() => meanSquaredError({ reduction: 'average' })).toThrow(
    'meanSquaredError: the reduction must be mean, sum or none; got "average"',
  );
});

test('every name gives the loss of that name; others are refused', () => {
  const y = [
    [1, 0],
    [0, 1],
  ];
  const p = [
    [0.75, 0.25],
    [0.5, 0.5],
  ];
  expect(lossByName('mse')(y, p).item()).toBe(meanSquaredError()(y, p).item());
  expect(lossByName('meanSquaredError')(y, p).item()).toBe(meanSquaredError()(y, p).item());
  expect(lossByName('mae')(y, p).item()).toBe(meanAbsoluteError()(y, p).item());
  expect(lossByName('meanAbsoluteError')(y, p).item()).toBe(meanAbsoluteError()(y, p).item());
  expect(lossByName('binaryCrossentropy')(y, p).item()).toBe(binaryCrossentropy()(y, p).item());
  expect(lossByName('categoricalCrossentropy')(y, p).item()).toBe(categoricalCrossentropy()(y, p).item());
  expect(lossByName('sparseCategoricalCrossentropy')([0, 1], p).item()).toBe(
    sparseCategoricalCrossentropy()([0, 1], p).item(),
  );
  expect(() => lossByName('crossentropy')).toThrow('loss: the name must be one of binaryCrossentropy,');
  expect(() => lossByName('toString')).toThrow(RangeError);
});
