// The laws of the losses that are composed of few ops: values and gradients are those of closed forms in float64, within the
// bound that running error analysis gives for the very ops that were run; and what each of them promises besides.

import {
  binaryCrossentropy,
  binaryFocalCrossentropy,
  categoricalCrossentropy,
  categoricalHinge,
  cosineSimilarity,
  ctc,
  hinge,
  huber,
  klDivergence,
  type Loss,
  logCosh,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
  poisson,
  type Reduction,
  sparseCategoricalCrossentropy,
  squaredHinge,
} from '@treadle/losses';
import { compile, DtypeError, gradients, ShapeError, type Tensor, tensor, variable } from '@treadle/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { computeBounded } from '../support/running-error.ts';
import * as ref from './references.ts';

const runs = { numRuns: 25 };

interface Case {
  readonly y: ref.Rows;
  readonly p: ref.Rows;
}

const figures = fc.integer({ min: -1024, max: 1024 }).map((x) => x / 64);
const positive = fc.integer({ min: 1, max: 1024 }).map((x) => x / 64);
const probability = fc.integer({ min: 1, max: 4095 }).map((x) => x / 4096);
const truth = fc.integer({ min: 0, max: 1 });

function rowsOf(y: fc.Arbitrary<number>, p: fc.Arbitrary<number>, least = 1): fc.Arbitrary<Case> {
  return fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: least, max: 5 })).chain(([n, c]) => {
    const rows = (x: fc.Arbitrary<number>): fc.Arbitrary<number[][]> =>
      fc.array(fc.array(x, { minLength: c, maxLength: c }), { minLength: n, maxLength: n });
    return fc.record({ y: rows(y), p: rows(p) });
  });
}

/** Whether the engine's figures are as near the expected ones as its ops allow. */
function agrees(got: Tensor, expected: readonly number[], what: string): void {
  const [bounded] = computeBounded([got.node]);
  const data = got.data();
  expect(data.length).toBe(expected.length);
  expected.forEach((x, i) => {
    // what two ways of writing a formula may differ by in float64, where no figure exceeds 10⁵
    const bound = bounded!.errors[i]! + 1e-9 * Math.max(1, Math.abs(x));
    const off = Math.abs(data[i]! - x);
    if (!(off <= bound))
      throw new Error(`${what} at ${i}: got ${data[i]}, expected ${x}, off by ${off}, bound ${bound}`);
  });
}

interface Law {
  readonly name: string;
  readonly loss: (reduction: Reduction) => Loss;
  readonly reference: ref.Reference;
  readonly cases: fc.Arbitrary<Case>;
  /** none for those that are not: how much is it of y itself? */
  readonly least?: (y: readonly number[]) => number;
}

const laws: readonly Law[] = [
  {
    name: 'meanAbsolutePercentageError',
    loss: (reduction) => meanAbsolutePercentageError({ reduction }),
    reference: ref.meanAbsolutePercentage,
    cases: rowsOf(
      positive.chain((y) => fc.constantFrom(y, -y)),
      figures,
    ),
    least: () => 0,
  },
  {
    name: 'meanSquaredLogarithmicError',
    loss: (reduction) => meanSquaredLogarithmicError({ reduction }),
    reference: ref.meanSquaredLogarithmic,
    cases: rowsOf(positive, positive),
    least: () => 0,
  },
  ...[1, 0.5, 3].map((delta) => ({
    name: `huber with a delta of ${delta}`,
    loss: (reduction: Reduction) => huber({ delta, reduction }),
    reference: ref.huberOf(delta),
    cases: rowsOf(figures, figures),
    least: () => 0,
  })),
  {
    name: 'logCosh',
    loss: (reduction) => logCosh({ reduction }),
    reference: ref.logCosh,
    cases: rowsOf(figures, figures),
    least: () => 0,
  },
  {
    name: 'poisson',
    loss: (reduction) => poisson({ reduction }),
    reference: ref.poisson,
    cases: rowsOf(positive, positive),
  },
  {
    name: 'klDivergence',
    loss: (reduction) => klDivergence({ reduction }),
    reference: ref.klDivergence,
    cases: rowsOf(probability, probability, 2),
  },
  {
    name: 'cosineSimilarity',
    loss: (reduction) => cosineSimilarity({ reduction }),
    reference: ref.cosine,
    cases: rowsOf(figures, figures).filter(({ y, p }) => [...y, ...p].every((row) => row.some((x) => x !== 0))),
    least: () => -1,
  },
  {
    name: 'hinge',
    loss: (reduction) => hinge({ reduction }),
    reference: ref.hinge,
    cases: rowsOf(truth, figures),
  },
  {
    name: 'squaredHinge',
    loss: (reduction) => squaredHinge({ reduction }),
    reference: ref.squaredHinge,
    cases: rowsOf(
      truth.map((y) => 2 * y - 1),
      figures,
    ),
    least: () => 0,
  },
  {
    name: 'binaryCrossentropy, smoothed',
    loss: (reduction) => binaryCrossentropy({ fromLogits: true, labelSmoothing: 0.25, reduction }),
    reference: ref.onTargets((y) => y * 0.75 + 0.125, ref.binaryOfLogits),
    cases: rowsOf(truth, figures),
    least: () => 0,
  },
  ...[0, 1, 2].flatMap((gamma) => [
    {
      name: `binaryFocalCrossentropy of logits, gamma ${gamma}`,
      loss: (reduction: Reduction) => binaryFocalCrossentropy({ fromLogits: true, gamma, reduction }),
      reference: ref.focalOfLogits(gamma),
      cases: rowsOf(truth, figures),
      least: () => 0,
    },
    {
      name: `binaryFocalCrossentropy of probabilities, gamma ${gamma}`,
      loss: (reduction: Reduction) => binaryFocalCrossentropy({ gamma, alpha: 0.25, reduction }),
      reference: ref.focalOfProbabilities(gamma, 0.25),
      cases: rowsOf(truth, probability),
      least: () => 0,
    },
  ]),
];

/** Distances at which a loss has a corner are kept away from: there, it has no derivative to agree with. */
const isSmoothAt = (name: string, y: number, p: number): boolean =>
  y !== p && !(/hinge/i.test(name) && (2 * y - 1) * p === 1) && !(name.startsWith('squared') && y * p === 1);

describe.each(laws)('$name', ({ name, loss, reference, cases, least }) => {
  test('the loss of every sample is that of float64', () => {
    fc.assert(
      fc.property(cases, ({ y, p }) => {
        const expected = y.map((row, i) => reference.value(row, p[i]!));
        agrees(loss('none')(y, p), expected, 'loss');
      }),
      runs,
    );
  });

  test('the gradient is the one in closed form', () => {
    const smooth = cases.filter(({ y, p }) => y.every((row, n) => row.every((x, i) => isSmoothAt(name, x, p[n]![i]!))));
    fc.assert(
      fc.property(smooth, ({ y, p }) => {
        const expected = p.flatMap((row, n) => reference.gradient(y[n]!, row).map((dp) => dp / p.length));
        const prediction = tensor(p);
        agrees(gradients(loss('mean')(y, prediction), [prediction])[0]!, expected, 'gradient');
      }),
      runs,
    );
  });

  if (least) {
    test('no loss is below its least', () => {
      fc.assert(
        fc.property(cases, ({ y, p }) => {
          const losses = loss('none')(y, p).data();
          for (const [i, row] of y.entries()) expect(losses[i]! + 2 ** -20).toBeGreaterThanOrEqual(least(row));
        }),
        runs,
      );
    });
  }
});

test('a prediction that is the target loses nothing', () => {
  fc.assert(
    fc.property(rowsOf(positive, positive, 2), ({ y }) => {
      const none = { reduction: 'none' } as const;
      const distances = [
        meanAbsolutePercentageError(none),
        meanSquaredLogarithmicError(none),
        huber(none),
        logCosh(none),
      ];
      for (const loss of distances) expect([...loss(y, y).data()]).toEqual(y.map(() => 0));
      agrees(
        cosineSimilarity(none)(y, y),
        y.map(() => -1),
        'cosine',
      );
      const shares = y.map((row) => row.map((x) => Math.fround(x / ref.sum(row))));
      expect([...klDivergence(none)(shares, shares).data()].map(Math.abs)).toEqual(y.map(() => 0));
    }),
    runs,
  );
});

test('a margin of 1 or more loses nothing', () => {
  const [y, p] = [[[1, -1, 1]], [[1, -2, 5]]];
  expect([hinge()(y, p).item(), squaredHinge()(y, p).item()]).toEqual([0, 0]);
  expect(categoricalHinge()([[0, 1, 0]], [[0.5, 1.5, -3]]).item()).toBe(0);
});

test('categoricalHinge is how far the best wrong class is above the right one less 1', () => {
  const cases = rowsOf(figures, figures, 2).chain(({ p }) =>
    fc.tuple(...p.map((row) => fc.nat(row.length - 1))).map((labels) => ({ p, labels })),
  );
  fc.assert(
    fc.property(cases, ({ p, labels }) => {
      const y = p.map((row, n) => ref.oneHot(labels[n]!, row.length));
      const expected = p.map((row, n) => {
        const wrong = Math.max(...row.map((x, i) => (i === labels[n] ? 0 : x)));
        return Math.max(0, wrong - row[labels[n]!]! + 1);
      });
      expect([...categoricalHinge({ reduction: 'none' })(y, p).data()]).toEqual(expected); // quarters: exact
    }),
    runs,
  );
});

test('huge distances and logits stay finite, as do their gradients', () => {
  const p = tensor([[1e30, -1e30]]);
  for (const loss of [huber(), logCosh()]) {
    const value = loss([[0, 0]], p);
    const [dp] = gradients(value, [p]);
    expect(value.item()).toBeGreaterThan(1e29);
    expect([...dp!.data()]).toEqual([0.5, -0.5]);
  }
  const z = tensor([[1e4], [-1e4]]);
  const focal = binaryFocalCrossentropy({ fromLogits: true, reduction: 'sum' })([[0], [1]], z);
  const [dz] = gradients(focal, [z]);
  expect(focal.item()).toBe(2e4);
  expect([...dz!.data()]).toEqual([1, -1]);
});

describe('a mask', () => {
  const masked = rowsOf(figures, figures).chain(({ y, p }) =>
    fc.array(fc.boolean(), { minLength: y.length, maxLength: y.length }).map((mask) => ({ y, p, mask })),
  );

  test('leaves samples out: the mean is over those that are left, 0 where there are none', () => {
    fc.assert(
      fc.property(masked, ({ y, p, mask }) => {
        const left = mask.flatMap((counts, i) => (counts ? [i] : []));
        const samples = [...meanSquaredError({ reduction: 'none' })(y, p).data()];
        const none = meanSquaredError({ reduction: 'none' })(y, p, undefined, mask);
        expect([...none.data()]).toEqual(samples.map((loss, i) => (mask[i] ? loss : 0)));
        const kept = left.map((i) => samples[i]!);
        agrees(meanSquaredError()(y, p, undefined, mask), [kept.length > 0 ? ref.mean(kept) : ref.sum([0])], 'mean');
        agrees(meanSquaredError({ reduction: 'sum' })(y, p, undefined, mask), [ref.sum([...kept, 0])], 'sum');
      }),
      runs,
    );
  });

  test('of first axes speaks for all that follow, and beside weights', () => {
    const [y, p] = [
      tensor([
        [[1], [2]],
        [[3], [4]],
      ]),
      tensor([
        [[0], [0]],
        [[0], [0]],
      ]),
    ];
    expect(meanSquaredError()(y, p, undefined, [false, true]).item()).toBe((9 + 16) / 2);
    expect(
      meanSquaredError()(
        y,
        p,
        [1, 2],
        [
          [true, false],
          [false, true],
        ],
      ).item(),
    ).toBe((1 + 2 * 16) / 2);
  });

  test('that has more axes than the losses is refused', () => {
    expect(() => meanSquaredError()([[1, 2]], [[1, 2]], undefined, [[true, false]])).toThrow(
      'meanSquaredError: mask must have a figure for each sample; got [1, 2] for losses [1]; yTrue [n, steps, 1] gives each step a loss of its own',
    );
  });
});

describe('weights of samples', () => {
  const weighted = rowsOf(figures, figures).chain(({ y, p }) =>
    fc.array(positive, { minLength: y.length, maxLength: y.length }).map((w) => ({ y, p, w })),
  );

  test('multiply the samples’ losses; the mean stays one over their number', () => {
    fc.assert(
      fc.property(weighted, ({ y, p, w }) => {
        const samples = [...meanSquaredError({ reduction: 'none' })(y, p).data()];
        const losses = samples.map((loss, i) => Math.fround(loss * w[i]!));
        expect([...meanSquaredError({ reduction: 'none' })(y, p, w).data()]).toEqual(losses);
        agrees(meanSquaredError()(y, p, w), [ref.mean(samples.map((x, i) => x * w[i]!))], 'mean');
        agrees(meanSquaredError({ reduction: 'sum' })(y, p, tensor(w.map((x) => [x]))), [ref.sum(losses)], 'sum');
      }),
      runs,
    );
  });

  test('of 1 change no bit, of 0 take a sample out', () => {
    const losses = [
      categoricalCrossentropy({ fromLogits: true, reduction: 'sum' }),
      binaryCrossentropy({ fromLogits: true, reduction: 'sum' }),
    ];
    const [y, p] = [
      [
        [1, 0],
        [0, 1],
      ],
      [
        [0.5, -2],
        [3, 0.25],
      ],
    ];
    for (const loss of losses) {
      expect(loss(y, p, [1, 1]).item()).toBe(loss(y, p).item());
      expect(loss(y, p, [0, 1]).item()).toBe(loss([y[1]!], [p[1]!]).item());
    }
    const sparse = sparseCategoricalCrossentropy({ fromLogits: true, reduction: 'sum' });
    expect(sparse([0, 1], p, [0, 1]).item()).toBe(sparse([1], [p[1]!]).item());
  });

  test('that are not one for each sample are refused', () => {
    expect(() => meanSquaredError()([[1], [2]], [[1], [2]], [1, 2, 3])).toThrow(
      'meanSquaredError: sampleWeight must have a figure for each sample; got [3] for losses [2]',
    );
    expect(() => meanSquaredError()([[1]], [[1]], [[[1]]])).toThrow(ShapeError);
  });
});

describe('ctc', () => {
  interface Sequences {
    readonly labels: readonly number[];
    readonly logits: ref.Rows;
  }
  const sequences: fc.Arbitrary<Sequences> = fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 2, max: 3 }))
    .chain(([time, classes]) =>
      fc.record({
        labels: fc.array(fc.integer({ min: 1, max: classes - 1 }), { maxLength: 2 }),
        logits: fc.array(
          fc.array(
            figures.map((x) => x / 8),
            { minLength: classes, maxLength: classes },
          ),
          {
            minLength: time,
            maxLength: time,
          },
        ),
      }),
    );

  /**
   * How far −ln P may be off. ln Σ eˣ is off by no more than what goes into it and its own rounding: exponentials and a logarithm
   * of 4u, a sum of three, one of the result; the logits' own ln softmax and its sum with a path come on top, at every time.
   */
  const lossBound = ({ logits }: Sequences): number => {
    const steps = logits.map((z) => {
      const range = Math.max(...z) - Math.min(...z);
      const logs = 3 * ref.u * range + z.length * 6 * ref.u + 8 * ref.u * Math.log(z.length);
      return { logs, least: range + Math.log(z.length) };
    });
    const longest = ref.sum(steps.map(({ least }) => least)); // |ln| of the unlikeliest path
    return ref.sum(steps.map(({ logs }) => logs + 3 * ref.u * longest + 20 * ref.u));
  };
  /** An element sums products of a weight e^(a − b) for each time, its exponent off by two such figures; all of them add up to 1. */
  const gradientBound = (sequence: Sequences): number => {
    const { logits } = sequence;
    return (logits.length + 1) * (2 * lossBound(sequence) + 10 * ref.u) + (logits[0]!.length + 4) * ref.u;
  };
  const near = (got: ArrayLike<number>, expected: readonly number[], bound: number): void => {
    expect(got.length).toBe(expected.length);
    expected.forEach((x, i) => {
      if (!(Math.abs(got[i]! - x) <= bound + 1e-9))
        throw new Error(`at ${i}: got ${got[i]}, expected ${x}, bound ${bound}`);
    });
  };

  const padded = (labels: readonly number[]): number[] => [...labels, 0, 0].slice(0, 2);
  const none = ctc({ reduction: 'none' });

  test('is −ln of the probability of all paths that spell the labels, each counted by hand', () => {
    fc.assert(
      fc.property(sequences, (sequence) => {
        const { labels, logits } = sequence;
        const expected = -Math.log(ref.pathProbability(labels, logits));
        const got = none([padded(labels)], [logits]);
        if (expected === Number.POSITIVE_INFINITY) expect(got.item()).toBe(expected);
        else near(got.data(), [expected], lossBound(sequence));
      }),
      { numRuns: 40 },
    );
  });

  test('its gradient is that of finite differences', () => {
    const possible = sequences.filter(({ labels, logits }) => ref.pathProbability(labels, logits) > 0);
    fc.assert(
      fc.property(possible, (sequence) => {
        const { labels, logits } = sequence;
        const z = tensor([logits.map((row) => [...row])]);
        const [dz] = gradients(ctc()([padded(labels)], z), [z]);
        const width = logits[0]!.length;
        const expected = logits.flatMap((row, t) =>
          row.map((_, c) => {
            const at = (h: number): number =>
              -Math.log(
                ref.pathProbability(
                  labels,
                  logits.map((r, s) => r.map((x, d) => (s === t && d === c ? x + h : x))),
                ),
              );
            return (8 * (at(1e-3) - at(-1e-3)) - (at(2e-3) - at(-2e-3))) / 12e-3; // fourth order: off by less than 10⁻¹⁰
          }),
        );
        expect(dz!.shape).toEqual([1, logits.length, width]);
        near(dz!.data(), expected, gradientBound(sequence));
      }),
      { numRuns: 15 },
    );
  });

  test('each sample has the loss it has alone, and a compiled one the same bits', () => {
    const logits = tensor([
      [
        [0.5, 1, -1],
        [2, 0, 1],
        [0.25, 0.5, 3],
      ],
      [
        [1, 1, 1],
        [0, 2, 0],
        [1, -1, 0],
      ],
    ]);
    const labels = [
      [1, 2],
      [2, 0],
    ];
    const both = none(labels, logits).data();
    for (const i of [0, 1]) expect(none([labels[i]!], logits.slice([i], [i + 1])).item()).toBe(both[i]);
    expect(compile((z: Tensor) => none(labels, z))(logits).data()).toEqual(both);
  });

  test('too little time is infinite and moves nothing', () => {
    const z = variable([[[0, 1, 2]]]);
    const loss = ctc()([[1, 2]], z);
    expect(loss.item()).toBe(Number.POSITIVE_INFINITY);
    expect([...gradients(ctc()([[1, 2]], z), [z])[0]!.data()].map(Math.abs)).toEqual([0, 0, 0]);
  });

  test('others are refused', () => {
    expect(() => ctc()([[1]], [[1, 2]])).toThrow('ctc: yPred must be [n, time, classes]');
    expect(() => ctc()([1], [[[1, 2]]])).toThrow('ctc: yTrue must be [n, labels] for 1 samples; got [1]');
    expect(() => ctc()([[true]], [[[1, 2]]])).toThrow(DtypeError);
  });
});

test('figures out of range are refused', () => {
  expect(() => huber({ delta: 0 })).toThrow('huber: delta must be above 0; got 0');
  expect(() => binaryCrossentropy({ labelSmoothing: 2 })).toThrow('labelSmoothing must be from 0 to 1; got 2');
  expect(() => binaryFocalCrossentropy({ gamma: -1 })).toThrow('gamma must be a number ≥ 0; got -1');
  expect(() => binaryFocalCrossentropy({ alpha: 2 })).toThrow('alpha must be from 0 to 1; got 2');
});
