// Factorizations of small matrices in float64: the reference for those of the engine. A matrix is an array of rows.

export type Matrix = readonly (readonly number[])[];

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, v, i) => sum + v * y[i]!, 0);

export const transposed = (a: Matrix, columns = a[0]?.length ?? 0): number[][] =>
  range(columns).map((j) => a.map((row) => row[j]!));
export const product = (a: Matrix, b: Matrix, columns = b[0]?.length ?? 0): number[][] => {
  const right = transposed(b, columns);
  return a.map((row) => right.map((column) => dot(row, column)));
};
export const identity = (n: number): number[][] => range(n).map((i) => range(n).map((j) => (i === j ? 1 : 0)));
export const symmetricPart = (a: Matrix): number[][] => a.map((row, i) => row.map((x, j) => (x + a[j]![i]!) / 2));

/** det a, by Laplace expansion along the first row. */
export function det(a: Matrix): number {
  if (a.length === 0) return 1;
  const minor = (j: number): Matrix => a.slice(1).map((row) => row.toSpliced(j, 1));
  return a[0]!.reduce((sum, x, j) => sum + (j % 2 === 0 ? 1 : -1) * x * det(minor(j)), 0);
}

/** The cofactors, ∂det a / ∂aᵢⱼ: the determinants of a without row i and column j, with their signs. */
export function cofactors(a: Matrix): number[][] {
  return a.map((row, i) =>
    row.map((_, j) => (-1) ** (i + j) * det(a.toSpliced(i, 1).map((other) => other.toSpliced(j, 1)))),
  );
}

/** a⁻¹·b, by Cramer's rule. */
export function solve(a: Matrix, b: Matrix): number[][] {
  const denominator = det(a);
  return range(a.length).map((i) =>
    transposed(b).map((column) => det(a.map((row, k) => row.with(i, column[k]!))) / denominator),
  );
}

/** L of the Cholesky factorization a = L·Lᵀ. Reads only the lower triangle of a. */
export function cholesky(a: Matrix): number[][] {
  const l = a.map((row) => row.map(() => 0));
  a.forEach((row, i) => {
    for (let j = 0; j <= i; j++) {
      const rest = row[j]! - dot(l[i]!.slice(0, j), l[j]!.slice(0, j));
      l[i]![j] = i === j ? Math.sqrt(rest) : rest / l[j]![j]!;
    }
  });
  return l;
}

/** Q of a = Q·R, m ≥ n, by the Gram–Schmidt process, applied twice. */
export function orthonormal(a: Matrix): number[][] {
  const done: number[][] = [];
  for (const column of transposed(a)) {
    let rest: readonly number[] = column;
    for (const unit of [...done, ...done]) {
      const projection = dot(unit, rest);
      rest = rest.map((x, i) => x - projection * unit[i]!);
    }
    const length = Math.sqrt(dot(rest, rest));
    done.push(rest.map((x) => x / length));
  }
  return transposed(done, a.length);
}

export interface Eigen {
  readonly values: readonly number[];
  /** as columns */
  readonly vectors: Matrix;
}

/**
 * Eigenvalues in ascending order, and eigenvectors, of a symmetric matrix with distinct eigenvalues. The largest
 * element of each vector is positive. Classical Jacobi method: rotates the largest element off the diagonal to zero
 * until none is left.
 */
export function eigen(a: Matrix): Eigen {
  const n = a.length;
  let m = a.map((row) => [...row]);
  let columns = identity(n); // vectors, as rows
  const size = Math.max(...m.flat().map(Math.abs), Number.MIN_VALUE);
  for (;;) {
    const pairs = range(n).flatMap((p) => range(p).map((q) => [p, q] as const));
    const [p, q] = pairs.reduce((best, pair) => (off(m, pair) > off(m, best) ? pair : best), pairs[0] ?? [0, 0]);
    if (p === q || off(m, [p, q]) < 1e-17 * size) break;
    const angle = Math.atan2(2 * m[p]![q]!, m[p]![p]! - m[q]![q]!) / 2;
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    const rotated = (rows: readonly (readonly number[])[]): number[][] =>
      rows.map((row, i) => {
        if (i === p) return row.map((x, j) => c * x + s * rows[q]![j]!);
        return i === q ? row.map((x, j) => c * x - s * rows[p]![j]!) : [...row];
      });
    m = transposed(rotated(transposed(rotated(m), n)), n);
    columns = rotated(columns);
  }
  const values = range(n).map((i) => m[i]![i]!);
  const order = range(n).sort((i, j) => values[i]! - values[j]!);
  return {
    values: order.map((i) => values[i]!),
    vectors: transposed(
      order.map((i) => withPositiveLargest(columns[i]!)),
      n,
    ),
  };
}

const off = (m: Matrix, [p, q]: readonly [number, number]): number => Math.abs(m[p]![q]!);

/** The vector, or its negative, so that the first of its largest elements is positive. */
function withPositiveLargest(x: readonly number[]): number[] {
  const largest = Math.max(...x.map(Math.abs));
  const first = x.find((v) => Math.abs(v) >= largest * (1 - 2 ** -30)) ?? 1;
  return x.map((v) => (first < 0 ? -v : v));
}

export interface Singular extends Eigen {
  /** as columns */
  readonly left: Matrix;
}

/**
 * The singular value decomposition of a tall matrix with distinct singular values above 0, in descending order, from
 * aᵀ·a.
 */
export function singular(a: Matrix): Singular {
  const { values, vectors } = eigen(product(transposed(a), a));
  const right = vectors.map((row) => row.toReversed());
  const sizes = values.map((x) => Math.sqrt(Math.max(0, x))).toReversed();
  return { values: sizes, vectors: right, left: product(a, right).map((row) => row.map((x, j) => x / sizes[j]!)) };
}
