// The laws of linear algebra as users call it: factors multiply to what they are factors of, to the precision of float32; what a
// matrix lacks is an error that says so; and least squares are what statistics knows them to be.

import {
  cholesky,
  compile,
  det,
  eigh,
  grad,
  gradients,
  inv,
  lstsq,
  matmul,
  qr,
  ShapeError,
  solve,
  svd,
  type Tensor,
  tensor,
  variable,
} from '@treadle/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as truth from '../support/matrices.ts';
import { tiny } from '../support/reference.ts';

const u = 2 ** -24;
const runs = { numRuns: 25 };

const element = fc.integer({ min: -64, max: 64 }).map((x) => x / 16);
const matrices = (least: number): fc.Arbitrary<number[][]> =>
  fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: least, max: 4 })).chain(([n, more]) =>
    fc.array(fc.array(element, { minLength: n, maxLength: n }), {
      minLength: Math.max(1, n + more),
      maxLength: Math.max(1, n + more),
    }),
  );

/** What float64's own rounding may add up to in matrices of this size. */
const float64 = 2 ** -40;

/** Integers, multiplied from factors of so many columns: of that rank at most, exactly. */
const ofRank = (m: number, n: number, rank: number): fc.Arbitrary<number[][]> => {
  const factor = (rows: number) =>
    fc.array(fc.array(fc.integer({ min: -4, max: 4 }), { minLength: rank, maxLength: rank }), {
      minLength: rows,
      maxLength: rows,
    });
  return fc.tuple(factor(m), factor(n)).map(([a, b]) => truth.product(a, truth.transposed(b, rank), n));
};

/** Figures less the means of their columns: the last row follows from the others. */
const centered = (rows: readonly (readonly number[])[]): number[][] => {
  const means = truth.transposed(rows).map((column) => column.reduce((sum, x) => sum + x, 0) / rows.length);
  return rows.map((row) => row.map((x, j) => Math.fround(x - means[j]!)));
};

/** All singular values are alike. */
const reflection = (n: number): number[][] => truth.identity(n).map((row) => row.map((x) => x - 2 / n));

/** Of every rank from 0 on, wide and tall, values that repeat among them, from denormal numbers to the largest. */
const anyRank: fc.Arbitrary<number[][]> = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
  .chain(([m, n]) =>
    fc.tuple(
      fc.oneof(
        { weight: 6, arbitrary: fc.integer({ min: 0, max: Math.min(m, n) }).chain((rank) => ofRank(m, n, rank)) },
        { weight: 2, arbitrary: ofRank(m, n, Math.min(m, n)).map(centered) },
        fc.constantFrom(truth.identity(n), reflection(n), [...truth.identity(n), ...truth.identity(n)]),
      ),
      fc.constantFrom(-149, -140, -126, -70, 0, 0, 0, 60, 115),
    ),
  )
  .map(([rows, exponent]) => rows.map((row) => row.map((x) => Math.fround(x * 2 ** exponent))));

const rowsOf = (x: Tensor): number[][] => {
  const [m, n] = x.shape as [number, number];
  const data = [...x.data()];
  return Array.from({ length: m }, (_, i) => data.slice(i * n, (i + 1) * n));
};

/** The largest |aᵢⱼ − bᵢⱼ|; NaN is farther than everything. */
const farthest = (a: truth.Matrix, b: truth.Matrix): number => {
  const differences = a.flatMap((row, i) => row.map((x, j) => Math.abs(x - b[i]![j]!)));
  return differences.some(Number.isNaN) ? Number.POSITIVE_INFINITY : Math.max(0, ...differences);
};

/** The largest |a − b| there is. */
const distance = (a: Tensor, b: Tensor): number => a.sub(b).abs().max().item();
const sizeOf = (a: Tensor): number => Math.max(1, a.abs().max().item());
const unit = (n: number): Tensor =>
  tensor(Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? 1 : 0))));

describe('factors multiply to the matrix', () => {
  // A figure of a product of rounded factors is off by rounding of both, of each of k products and of their sum.
  const bound = (k: number, size: number): number => (2 * k + 4) * k * u * size;

  test('svd: a = u·diag(s)·vh, s descending and ≥ 0, vectors orthonormal, for any rank and scale', () => {
    fc.assert(
      fc.property(anyRank, (a) => {
        const [m, n] = [a.length, a[0]!.length];
        const k = Math.min(m, n);
        const parts = svd(tensor(a));
        expect([parts.u.shape, parts.s.shape, parts.vh.shape]).toEqual([[m, k], [k], [k, n]]);
        const [left, values, right] = [rowsOf(parts.u), [...parts.s.data()], rowsOf(parts.vh)];
        expect(values.toSorted((x, y) => y - x)).toEqual(values);
        expect(values.at(-1)).toBeGreaterThanOrEqual(0);
        // The parts are rounded once. Σ|uᵢₖ·vⱼₖ| and Σ|uᵢₖ·uᵢₗ| are no more than 1 (Cauchy and Schwarz).
        const gram = 2 * u + u ** 2 + float64;
        expect(farthest(truth.product(truth.transposed(left), left), truth.identity(k))).toBeLessThanOrEqual(gram);
        expect(farthest(truth.product(right, truth.transposed(right)), truth.identity(k))).toBeLessThanOrEqual(gram);
        const whole = truth.product(
          left.map((row) => row.map((x, i) => x * values[i]!)),
          right,
        );
        const rounding = ((1 + u) ** 3 - 1 + float64) * values[0]! + 2 * tiny;
        expect(farthest(whole, a)).toBeLessThanOrEqual(rounding);
      }),
      { numRuns: 100 },
    );
  });

  test('the gradient of Σ s is u·vh, also where values repeat; that of Σ c∘(u·diag(s)·vh) is c where they differ', () => {
    for (const rows of [reflection(4), [...truth.identity(3), ...truth.identity(3)], truth.identity(2)]) {
      const a = tensor(rows);
      const { u: left, vh } = svd(a);
      const [da] = gradients(svd(a).s.sum(), [a]);
      expect(distance(da!, left.matmul(vh))).toBeLessThanOrEqual(bound(rows.length, 1));
    }
    const shape = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }));
    fc.assert(
      fc.property(shape, fc.integer({ min: -30, max: 30 }), ([m, n], exponent) => {
        // 1, 2, … on the diagonal, turned: values 2ᵉ·(1, 2, …)
        const diagonal = truth.identity(m).map((row, i) => Array.from({ length: n }, (_, j) => (row[j] ? i + 1 : 0)));
        const turned = truth.product(truth.product(reflection(m), diagonal, n), reflection(n), n);
        const a = tensor(turned.map((row) => row.map((x) => x * 2 ** exponent)));
        const c = tensor(turned.map((row, i) => row.map((_, j) => ((5 * i + 3 * j) % 7) - 3)));
        const { u: left, s, vh } = svd(a);
        const [da] = gradients(left.mul(s).matmul(vh).mul(c).sum(), [a]);
        // Every step is a product or a sum of k terms of size 3·k²·4 at most, divided by gaps of 1 between values up to 4.
        const k = Math.max(m, n);
        expect(distance(da!, c)).toBeLessThanOrEqual(12 * bound(k, 12 * k ** 2));
      }),
      { numRuns: 40 },
    );
  });

  test('eigh: a·v = v·diag(w), w ascending, vectors orthonormal', () => {
    fc.assert(
      fc.property(matrices(0), (rows) => {
        const n = rows[0]!.length;
        const a = tensor(rows.slice(0, n));
        const symmetric = a.add(a.transpose()).mul(0.5);
        const { eigenvalues, eigenvectors } = eigh(a);
        const values = [...eigenvalues.data()];
        expect(values.toSorted((x, y) => x - y)).toEqual(values);
        const size = Math.max(sizeOf(symmetric), ...values.map(Math.abs));
        const moved = matmul(symmetric, eigenvectors);
        expect(distance(moved, eigenvectors.mul(eigenvalues))).toBeLessThanOrEqual(bound(n, size));
        const gram = eigenvectors.matmul(eigenvectors, { transposeA: true });
        expect(distance(gram, unit(n))).toBeLessThanOrEqual(bound(n, 1));
      }),
      runs,
    );
  });

  test('qr: a = q·r, r upper triangular with a diagonal ≥ 0, the columns of q orthonormal or 0', () => {
    fc.assert(
      fc.property(matrices(0), (rows) => {
        const a = tensor(rows);
        const n = a.shape[1]!;
        const { q, r } = qr(a);
        expect(distance(q.matmul(r), a)).toBeLessThanOrEqual(bound(a.shape[0]!, sizeOf(a) * a.shape[0]!));
        (r.toArray() as number[][]).forEach((row, i) => {
          for (const x of row.slice(0, i)) expect(x).toBe(0);
          expect(row[i]!).toBeGreaterThanOrEqual(0);
        });
        const gram = q.matmul(q, { transposeA: true });
        const isThere = (r.toArray() as number[][]).map((row, i) => (row[i]! > 0 ? 1 : 0));
        expect(distance(gram, unit(n).mul(tensor(isThere)))).toBeLessThanOrEqual(bound(a.shape[0]!, 1));
      }),
      runs,
    );
  });

  test('cholesky: a = L·Lᵀ, for a = b·bᵀ + 1', () => {
    fc.assert(
      fc.property(matrices(0), (rows) => {
        const b = tensor(rows);
        const a = matmul(b, b, { transposeA: true }).add(unit(b.shape[1]!));
        const l = cholesky(a);
        expect(distance(l.matmul(l, { transposeB: true }), a)).toBeLessThanOrEqual(bound(b.shape[1]!, sizeOf(a)));
      }),
      runs,
    );
  });

  test('det of a product is the product of the dets; inv is the inverse', () => {
    const a = tensor([
      [4, 1, 0],
      [-1, 3, 2],
      [0.5, 0, 5],
    ]);
    const b = tensor([
      [2, 0, 1],
      [0, -3, 1],
      [1, 1, 4],
    ]);
    expect(det(matmul(a, b)).item()).toBeCloseTo(det(a).item() * det(b).item(), 3);
    expect(distance(matmul(a, inv(a)), unit(3))).toBeLessThanOrEqual(bound(3, 5));
    expect(
      det([
        [0, 1],
        [1, 0],
      ]).item(),
    ).toBe(-1);
    expect(
      Math.abs(
        det([
          [1, 2],
          [2, 4],
        ]).item(),
      ),
    ).toBe(0);
  });
});

describe('det, also where there is no inverse', () => {
  /** n·n figures of rank ≤ n, scaled: Σ|…| of the Leibniz formula is no more than n!·the product of the rows' largest. */
  const squares = fc
    .integer({ min: 1, max: 5 })
    .chain((n) =>
      fc
        .tuple(fc.integer({ min: 0, max: n }), fc.constantFrom(-20, 0, 20))
        .chain(([rank, exponent]) =>
          ofRank(n, n, rank).map((rows) => rows.map((row) => row.map((x) => x * 2 ** exponent))),
        ),
    );
  const sizeOfMinors = (a: truth.Matrix, n: number): number =>
    n === 0 ? 1 : n * Math.max(...a.flat().map(Math.abs)) * sizeOfMinors(a, n - 1);

  test('is the sum over permutations, and its gradient that of the sum, for any rank', () => {
    fc.assert(
      fc.property(squares, (rows) => {
        const n = rows.length;
        const a = tensor(rows);
        const value = truth.det(rows);
        const rounding = u * Math.abs(value) + float64 * sizeOfMinors(rows, n) + tiny;
        expect(Math.abs(det(a).item() - value)).toBeLessThanOrEqual(rounding);
        const [da] = gradients(det(a), [a]);
        const expected = truth.cofactors(rows);
        const largest = Math.max(...expected.flat().map(Math.abs));
        const off = u * largest + float64 * sizeOfMinors(rows, n - 1) + tiny;
        expect(farthest(rowsOf(da!), expected)).toBeLessThanOrEqual(off);
      }),
      { numRuns: 100 },
    );
  });

  test('is exactly 0 for rows of zeros and for equal rows, and NaN where an element is', () => {
    for (const [a, gradient] of [
      [[[0]], [[1]]],
      [
        [
          [0, 0],
          [0, 0],
        ],
        [
          [0, 0],
          [0, 0],
        ],
      ],
      [
        [
          [0, 0],
          [3, 5],
        ],
        [
          [5, -3],
          [0, 0],
        ],
      ],
      [
        [
          [1, 2],
          [1, 2],
        ],
        [
          [2, -1],
          [-2, 1],
        ],
      ],
      [
        [
          [0, 0, 1],
          [0, 0, 2],
          [0, 0, 4],
        ],
        [
          [0, 0, 0],
          [0, 0, 0],
          [0, 0, 0],
        ],
      ],
    ] as const) {
      const x = tensor(a);
      expect(det(x).add(0).item()).toBe(0);
      expect(gradients(det(x), [x])[0]!.add(0).toArray()).toEqual(gradient);
    }
    expect(
      det([
        [0, 1],
        [Number.NaN, 1],
      ]).item(),
    ).toBeNaN();
    expect(det([[Number.NaN]]).item()).toBeNaN();
  });

  test('is right where the product of some pivots would overflow or underflow', () => {
    const pivots = Array.from({ length: 60 }, (_, i) => 2 ** (i < 30 ? 120 : -120));
    for (const exponents of [pivots, pivots.toReversed()]) {
      const diagonal = tensor(exponents.map((x, i) => exponents.map((_, j) => (i === j ? x : 0))));
      expect(det(diagonal).item()).toBe(1);
      expect(gradients(det(diagonal), [diagonal])[0]!.slice([0, 0], [1, 1]).item()).toBe(1 / exponents[0]!);
    }
  });
});

test('inv and solve are right at every scale; overflow gives ±∞', () => {
  const scales = fc.integer({ min: -140, max: 120 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), scales, fc.integer({ min: 0, max: 6 }), (n, exponent, seed) => {
      // heavy on the diagonal: ‖a⁻¹‖ ≤ 1 / (8 − 4) of its scale, and every element of a⁻¹·a is at most 12 / 4
      const heavy = truth
        .identity(n)
        .map((row, i) => row.map((x, j) => (x ? 8 : (((3 * i + 5 * j + seed) % 7) - 3) / 3)));
      const rows = heavy.map((row) => row.map((x) => Math.fround(x * 2 ** exponent)));
      const expected = truth.solve(
        rows.map((row) => row.map((x) => x * 2 ** -exponent)),
        truth.identity(n),
      );
      const got = rowsOf(inv(rows));
      expected.forEach((row, i) => {
        row.forEach((scaled, j) => {
          const x = scaled * 2 ** -exponent;
          const limit = 2 ** 128 - 2 ** 103; // from here on float32 is ∞
          if (Math.abs(x) >= limit) expect(got[i]![j]).toBe(Math.sign(x) * Infinity);
          else expect(Math.abs(got[i]![j]! - x)).toBeLessThanOrEqual(u * Math.abs(x) + float64 * 2 ** -exponent + tiny);
        });
      });
      const x = [
        ...solve(
          rows,
          rows.map(([first]) => first!),
        ).data(),
      ];
      for (const [i, value] of x.entries()) {
        expect(Math.abs(value - (i === 0 ? 1 : 0))).toBeLessThanOrEqual(u + float64);
      }
    }),
    { numRuns: 60 },
  );
  expect(inv([[2 ** -149]]).item()).toBe(Infinity);
  expect(inv([[-(2 ** -149)]]).item()).toBe(-Infinity);
});

test('each matrix of a stack is solved as if alone', () => {
  const a = tensor([
    [
      [2, 1],
      [1, 3],
    ],
    [
      [0, 1],
      [4, 0],
    ],
  ]);
  const b = tensor([
    [[3], [5]],
    [[2], [8]],
  ]);
  const x = solve(a, b);
  for (const i of [0, 1]) {
    const alone = solve(a.slice([i], [i + 1]).squeeze(0), b.slice([i], [i + 1]).squeeze(0));
    expect(alone.data()).toEqual(
      x
        .slice([i], [i + 1])
        .squeeze(0)
        .data(),
    );
  }
  expect(
    solve(
      [
        [2, 0],
        [0, 4],
      ],
      [1, 1],
    ).toArray(),
  ).toEqual([0.5, 0.25]);
});

describe('linear regression in closed form', () => {
  const x = [-2, -1, 0, 1, 2, 3];
  const y = x.map((v) => 3 * v - 2);
  const design = tensor(x.map((v) => [v, 1]));

  test('by the normal equation, by QR and by the pseudo-inverse finds the line', () => {
    const target = tensor(y);
    const normal = solve(matmul(design, design, { transposeA: true }), matmul(design, target, { transposeA: true }));
    const { u: left, s, vh } = svd(design);
    const pseudo = matmul(vh, matmul(left, target, { transposeA: true }).div(s), { transposeA: true });
    for (const found of [normal, lstsq(design, target), pseudo]) {
      const [slope, intercept] = [...found.data()];
      expect(slope).toBeCloseTo(3, 5);
      expect(intercept).toBeCloseTo(-2, 5);
    }
  });

  test('dependent columns make XᵀX singular, which is an error', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(element, element), { minLength: 3, maxLength: 8 }), element, (rows, factor) => {
        const dependent = tensor(rows.map(([a, b]) => [a, b, a * factor + b]));
        const squares = matmul(dependent, dependent, { transposeA: true });
        expect(() => solve(squares, [1, 2, 3])).toThrow(
          'solve: a must be regular; got [3, 3] whose columns depend on each other: it is singular',
        );
        expect(() => lstsq(dependent, tensor(rows.map(([a]) => a)))).toThrow(
          `lstsq: a must be of full rank; got [${rows.length}, 3] whose columns depend on each other: aᵀ·a is singular`,
        );
      }),
      runs,
    );
  });

  test('columns that differ by a thousandth are not dependent, however many rows there are', () => {
    const rows = 2 ** 16;
    const design = tensor(
      Float32Array.from({ length: 2 * rows }, (_, i) => (i % 4 === 3 ? 1.001 : 1)),
      { shape: [rows, 2] },
    );
    const { r } = qr(design);
    // the second column less its mean is ±0.0005 in every row
    expect(Math.abs(r.data()[3]! / (0.0005 * Math.sqrt(rows)) - 1)).toBeLessThanOrEqual(0.01);
  });

  test('scaling of rows and columns does not make them dependent', () => {
    const a = tensor([
      [1e8, 1],
      [1, 1e-7],
    ]);
    expect(solve(a, [1e8, 1]).toArray()).toEqual([1, 0]); // the first column;
    expect(
      solve(
        [
          [1, 0],
          [0, 1e-20],
        ],
        [1, 1e-20],
      ).toArray(),
    ).toEqual([1, 1]);
  });
});

describe('a result that a matrix does not have', () => {
  const singular = [
    [1, 2],
    [2, 4],
  ];

  test('is an error where the values are known, by name', () => {
    expect(() => solve(singular, [1, 1])).toThrow(RangeError);
    expect(() => inv(singular)).toThrow(
      'inv: a must be regular; got [2, 2] whose columns depend on each other: it is singular',
    );
    expect(() =>
      cholesky([
        [1, 2],
        [2, 1],
      ]),
    ).toThrow('cholesky: a must be positive definite; got [2, 2] with an eigenvalue that is not above 0');
    expect(() => solve([[1, 2, 3]], [1])).toThrow(ShapeError);
  });

  test('is NaN in a compiled function, where they are not; elements that are not finite are no error', () => {
    const step = compile((a: Tensor) => solve(a, [1, 1]));
    expect([...step(tensor(singular)).data()]).toEqual([Number.NaN, Number.NaN]);
    expect(
      step(
        tensor([
          [2, 0],
          [0, 4],
        ]),
      ).toArray(),
    ).toEqual([0.5, 0.25]);
    expect([...inv([[Number.NaN]]).data()]).toEqual([Number.NaN]);
  });
});

test('the check for it keeps the history for gradients', () => {
  const a = tensor([
    [3, 1],
    [1, 2],
  ]);
  const [da] = gradients(inv(a.mul(2)).sum(), [a]);
  const half = inv(a).mul(0.5); // Σ (2a)⁻¹ has the gradient −½·(a⁻ᵀ·1·a⁻ᵀ)
  const expected = matmul(
    matmul(half, [
      [1, 1],
      [1, 1],
    ]),
    half,
  ).mul(-2);
  expect(distance(da!, expected.transpose())).toBeLessThanOrEqual(64 * u);
  const w = variable([[4]]);
  expect(gradients(det(w), [w])[0]!.item()).toBe(1);
  expect(grad((m) => det(m))([[5]]).item()).toBe(1);
});
