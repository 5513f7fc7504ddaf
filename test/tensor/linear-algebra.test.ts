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

/** The largest |a − b| there is. */
const distance = (a: Tensor, b: Tensor): number => a.sub(b).abs().max().item();
const sizeOf = (a: Tensor): number => Math.max(1, a.abs().max().item());
const unit = (n: number): Tensor =>
  tensor(Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? 1 : 0))));

describe('factors multiply to what they are factors of', () => {
  // A figure of a product of rounded factors is off by rounding of both, of each of k products and of their sum.
  const bound = (k: number, size: number): number => (2 * k + 4) * k * u * size;

  test('svd: a = u·diag(s)·vh, s falling and ≥ 0, the vectors of what is not 0 orthonormal', () => {
    fc.assert(
      fc.property(matrices(-3), (rows) => {
        const a = tensor(rows);
        const [m, n] = a.shape as [number, number];
        const k = Math.min(m, n);
        const { u: left, s, vh } = svd(a);
        expect([left.shape, s.shape, vh.shape]).toEqual([[m, k], [k], [k, n]]);
        const values = [...s.data()];
        expect(values.toSorted((x, y) => y - x)).toEqual(values);
        expect(values.at(-1)).toBeGreaterThanOrEqual(0);
        const largest = Math.max(1, values[0]!);
        expect(distance(left.mul(s).matmul(vh), a)).toBeLessThanOrEqual(bound(k, largest));
        const orthogonal = m >= n ? vh.matmul(vh, { transposeB: true }) : left.matmul(left, { transposeA: true });
        expect(distance(orthogonal, unit(k))).toBeLessThanOrEqual(bound(Math.max(m, n), 1));
      }),
      runs,
    );
  });

  test('eigh: a·v = v·diag(w), w rising, the vectors orthonormal', () => {
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

  test('det of a product is the product of the dets; inv undoes', () => {
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

test('more than one matrix is solved at once, each as if alone', () => {
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

  test('columns that depend on each other make XᵀX singular, which is said', () => {
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

  test('scaled rows and columns are not taken for dependent ones', () => {
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

describe('what a matrix lacks', () => {
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

  test('is NaN in a compiled function, where they are not; and figures that are not finite go through', () => {
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

test('looking for what is wrong keeps the history for gradients', () => {
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
