// Jacobi's method: pairs of columns are rotated until all are orthogonal. Here is what the eigenvalues of symmetric matrices and the
// singular values of all matrices share: the sweeps over pairs, the rotations, and the order and the signs of the results.

import { type Expr, type FunctionBuilder, f64, i32, type Local, select } from '@treadle/wasm';
import { each, exchange, get, largestOf, type Matrix64, put } from './matrix64.ts';

/** The most sweeps over all pairs; about six are needed, because convergence is quadratic. */
const mostSweeps = 60;

/** Rotates all pairs p < q, sweep after sweep, until a sweep has rotated none. `rotate` leaves whether it rotated the pair. */
export function sweep(f: FunctionBuilder, n: number, rotate: (p: Local<'i32'>, q: Local<'i32'>) => Expr<'i32'>): void {
  const isMoving = f.local('i32', 1);
  const sweeps = f.local('i32', 0);
  f.while(i32.and(isMoving, i32.lt_s(sweeps, mostSweeps)), () => {
    f.set(isMoving, 0);
    f.increment(sweeps, 1);
    each(f, 0, n, (p) => {
      each(f, i32.add(p, 1), n, (q) => f.set(isMoving, i32.or(isMoving, rotate(p, q))));
    });
  });
}

/** A rotation of two columns: [[cosine, sine], [−sine, cosine]]. */
export interface Rotation {
  readonly cosine: Local<'f64'>;
  readonly sine: Local<'f64'>;
}

/** The smaller of the two rotations that make the symmetric [[a, g], [g, b]] diagonal: t = sign ζ / (|ζ| + √(1 + ζ²)), ζ = (b − a) / 2g. */
export function rotationFor(f: FunctionBuilder, a: Expr<'f64'>, b: Expr<'f64'>, g: Expr<'f64'>): Rotation {
  const zeta = f.let(f64.div(f64.sub(b, a), f64.mul(2, g)));
  const size = f64.add(f64.abs(zeta), f64.sqrt(f64.add(1, f64.mul(zeta, zeta))));
  const tangent = f.let(f64.copysign(f64.div(1, size), zeta));
  const cosine = f.let(f64.div(1, f64.sqrt(f64.add(1, f64.mul(tangent, tangent)))));
  return { cosine, sine: f.let(f64.mul(cosine, tangent)) };
}

/** Columns p and q ← c·p − s·q, s·p + c·q */
export function rotateColumns(
  f: FunctionBuilder,
  m: Matrix64,
  { cosine, sine }: Rotation,
  p: Expr<'i32'>,
  q: Expr<'i32'>,
): void {
  each(f, 0, m.rows, (i) => {
    const [x, y] = [f.let(get(m, i, p)), f.let(get(m, i, q))];
    put(f, m, i, p, f64.sub(f64.mul(cosine, x), f64.mul(sine, y)));
    put(f, m, i, q, f64.add(f64.mul(sine, x), f64.mul(cosine, y)));
  });
}

/** Sorts values in ascending or descending order, and columns with them, by selection. */
export function order(f: FunctionBuilder, values: Matrix64, columns: readonly Matrix64[], isRising: boolean): void {
  const n = values.rows;
  each(f, 0, n, (k) => {
    const best = f.let<'i32'>(k);
    each(f, i32.add(k, 1), n, (i) => {
      const [a, b] = [get(values, i, 0), get(values, best, 0)];
      f.set(best, select(i, best, isRising ? f64.lt(a, b) : f64.gt(a, b)));
    });
    exchange(f, values, [k, 0], [best, 0]);
    for (const m of columns) each(f, 0, m.rows, (i) => exchange(f, m, [i, k], [i, best]));
  });
}

/** Multiplies column j by a factor. */
export function scaleColumn(f: FunctionBuilder, m: Matrix64, j: Expr<'i32'>, factor: Expr<'f64'>): void {
  each(f, 0, m.rows, (i) => put(f, m, i, j, f64.mul(get(m, i, j), factor)));
}

/** The sign (1 or −1) of the first of the largest elements of a column. */
export function signOf(f: FunctionBuilder, vectors: Matrix64, column: Expr<'i32'>): Expr<'f64'> {
  const largest = largestOf(f, 0, vectors.rows, (i) => f64.abs(get(vectors, i, column)));
  const sign = f.local('f64', 0);
  each(f, 0, vectors.rows, (i) => {
    const element = f.let(get(vectors, i, column));
    // elements within rounding of the largest count as equal, so that rounding does not decide between them
    const isFirst = i32.and(f64.eq(sign, 0), f64.ge(f64.abs(element), f64.mul(largest, 1 - 2 ** -30)));
    f.set(sign, select(f64.copysign(1, element), sign, isFirst));
  });
  return sign;
}
