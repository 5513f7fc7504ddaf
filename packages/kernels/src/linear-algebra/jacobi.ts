// Jacobi's method: pairs of columns are turned until all are orthogonal. What the eigenvalues of symmetric matrices and the singular
// values of any others share: the rounds over pairs, the turns, and the order and the signs of what comes out.

import { type Expr, type FunctionBuilder, f64, i32, type Local, select } from '@treadle/wasm';
import { each, exchange, get, largestOf, type Matrix64, put } from './matrix64.ts';

/** Rounds over all pairs; it takes six or so, as convergence is quadratic. */
const mostSweeps = 60;

/** Turns all pairs p < q, again and again, until a round has turned none. `turn` says whether it did. */
export function sweep(f: FunctionBuilder, n: number, turn: (p: Local<'i32'>, q: Local<'i32'>) => Expr<'i32'>): void {
  const isMoving = f.local('i32', 1);
  const sweeps = f.local('i32', 0);
  f.while(i32.and(isMoving, i32.lt_s(sweeps, mostSweeps)), () => {
    f.set(isMoving, 0);
    f.increment(sweeps, 1);
    each(f, 0, n, (p) => {
      each(f, i32.add(p, 1), n, (q) => f.set(isMoving, i32.or(isMoving, turn(p, q))));
    });
  });
}

export interface Turn {
  readonly cosine: Local<'f64'>;
  readonly sine: Local<'f64'>;
}

/** The smaller turn that makes the symmetric [[a, g], [g, b]] diagonal: t = sign ζ / (|ζ| + √(1 + ζ²)), ζ = (b − a) / 2g. */
export function turnFor(f: FunctionBuilder, a: Expr<'f64'>, b: Expr<'f64'>, g: Expr<'f64'>): Turn {
  const zeta = f.let(f64.div(f64.sub(b, a), f64.mul(2, g)));
  const size = f64.add(f64.abs(zeta), f64.sqrt(f64.add(1, f64.mul(zeta, zeta))));
  const tangent = f.let(f64.copysign(f64.div(1, size), zeta));
  const cosine = f.let(f64.div(1, f64.sqrt(f64.add(1, f64.mul(tangent, tangent)))));
  return { cosine, sine: f.let(f64.mul(cosine, tangent)) };
}

/** Columns p and q ← c·p − s·q, s·p + c·q */
export function turn(f: FunctionBuilder, m: Matrix64, { cosine, sine }: Turn, p: Expr<'i32'>, q: Expr<'i32'>): void {
  each(f, 0, m.rows, (i) => {
    const [x, y] = [f.let(get(m, i, p)), f.let(get(m, i, q))];
    put(f, m, i, p, f64.sub(f64.mul(cosine, x), f64.mul(sine, y)));
    put(f, m, i, q, f64.add(f64.mul(sine, x), f64.mul(cosine, y)));
  });
}

/** Exchanges values, and columns with them, until they rise (or fall): the next of them is found, and put in its place. */
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

/** Column j times a factor. */
export function scaleColumn(f: FunctionBuilder, m: Matrix64, j: Expr<'i32'>, factor: Expr<'f64'>): void {
  each(f, 0, m.rows, (i) => put(f, m, i, j, f64.mul(get(m, i, j), factor)));
}

/** 1 or −1: what makes the first of a column's largest elements positive. */
export function signOf(f: FunctionBuilder, vectors: Matrix64, column: Expr<'i32'>): Expr<'f64'> {
  const largest = largestOf(f, 0, vectors.rows, (i) => f64.abs(get(vectors, i, column)));
  const sign = f.local('f64', 0);
  each(f, 0, vectors.rows, (i) => {
    const element = f.let(get(vectors, i, column));
    // within rounding of the largest, so that it does not decide which of two equal ones is meant
    const isFirst = i32.and(f64.eq(sign, 0), f64.ge(f64.abs(element), f64.mul(largest, 1 - 2 ** -30)));
    f.set(sign, select(f64.copysign(1, element), sign, isFirst));
  });
  return sign;
}
