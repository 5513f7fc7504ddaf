// Jacobi's method: pairs of columns are turned until all are orthogonal. Of a symmetric matrix that gives eigenvalues and
// eigenvectors, of any other (one-sided: M. Hestenes, 1958) singular values and right singular vectors, each to the last place.

import { type Expr, type FunctionBuilder, f64, i32, type Local, select } from '@treadle/wasm';
import type { Kernel, Operand } from '../kernel.ts';
import { bytesOf, each, get, largestOf, type Matrix64, matrixKernel, narrow, put, sumOf, widen } from './matrix64.ts';

/** Rounds over all pairs; it takes six or so, as convergence is quadratic. */
const mostSweeps = 60;

export interface Jacobi {
  readonly name: string;
  /** eigen: [count, n, n], symmetric; singular: [count, m, n] */
  readonly a: Operand;
  readonly kind: 'eigen' | 'singular';
  /** values: [count, n, 1], eigenvalues rising or singular values falling; vectors: [count, n, n], as columns in that order */
  readonly result: 'values' | 'vectors';
  readonly store: Operand;
}

/** The sign of a vector is such that its largest element, the first of them, is positive. */
export function jacobi({ name, a, kind, result, store }: Jacobi): Kernel {
  const [count = 1, m = 0, n = 0] = a.view.shape;
  return matrixKernel({
    name,
    count: n === 0 ? 0 : count,
    cost: 60 * (m + n) * n * n + 50,
    kind: 'jacobi',
    flops: 18 * (m + n) * n * n, // of six rounds
    scratch: bytesOf(m, n) + bytesOf(n, n) + bytesOf(n, 1),
    sources: [a],
    store,
    emit: (f, [from], to, scratch) => {
      if (!from) throw new Error('internal: jacobi needs a matrix');
      const work: Matrix64 = { base: scratch, rows: m, columns: n };
      const vectors: Matrix64 = { base: f.let(i32.add(scratch, bytesOf(m, n))), rows: n, columns: n };
      const values: Matrix64 = { base: f.let(i32.add(vectors.base, bytesOf(n, n))), rows: n, columns: 1 };
      widen(f, from, work, [m, n]);
      each(f, 0, n, (i) => {
        each(f, 0, n, (j) => put(f, vectors, i, j, f64.convert_i32_s(i32.eq(i, j))));
      });
      const turnPair = kind === 'eigen' ? turnSymmetric : turnColumns;
      sweep(f, n, (p, q) => turnPair(f, work, vectors, p, q));
      each(f, 0, n, (j) => {
        const length = (): Expr<'f64'> => f64.sqrt(sumOf(f, 0, m, (i) => f64.mul(get(work, i, j), get(work, i, j))));
        put(f, values, j, 0, kind === 'eigen' ? get(work, j, j) : length());
      });
      order(f, values, vectors, kind === 'eigen');
      if (result === 'values') {
        narrow(f, to, [n, 1], (i) => get(values, i, 0));
        return;
      }
      each(f, 0, n, (j) => {
        const sign = f.let(signOf(f, vectors, j));
        each(f, 0, n, (i) => put(f, vectors, i, j, f64.mul(get(vectors, i, j), sign)));
      });
      narrow(f, to, [n, n], (i, j) => get(vectors, i, j));
    },
  });
}

/** Turns all pairs p < q, again and again, until a round has turned none. `turn` says whether it did. */
function sweep(f: FunctionBuilder, n: number, turn: (p: Local<'i32'>, q: Local<'i32'>) => Expr<'i32'>): void {
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

interface Turn {
  readonly cosine: Local<'f64'>;
  readonly sine: Local<'f64'>;
}

/** The smaller turn that makes the symmetric [[a, g], [g, b]] diagonal: t = sign ζ / (|ζ| + √(1 + ζ²)), ζ = (b − a) / 2g. */
function turnFor(f: FunctionBuilder, a: Expr<'f64'>, b: Expr<'f64'>, g: Expr<'f64'>): Turn {
  const zeta = f.let(f64.div(f64.sub(b, a), f64.mul(2, g)));
  const size = f64.add(f64.abs(zeta), f64.sqrt(f64.add(1, f64.mul(zeta, zeta))));
  const tangent = f.let(f64.copysign(f64.div(1, size), zeta));
  const cosine = f.let(f64.div(1, f64.sqrt(f64.add(1, f64.mul(tangent, tangent)))));
  return { cosine, sine: f.let(f64.mul(cosine, tangent)) };
}

/** Columns p and q ← c·p − s·q, s·p + c·q */
function turn(f: FunctionBuilder, m: Matrix64, { cosine, sine }: Turn, p: Expr<'i32'>, q: Expr<'i32'>): void {
  each(f, 0, m.rows, (i) => {
    const [x, y] = [f.let(get(m, i, p)), f.let(get(m, i, q))];
    put(f, m, i, p, f64.sub(f64.mul(cosine, x), f64.mul(sine, y)));
    put(f, m, i, q, f64.add(f64.mul(sine, x), f64.mul(cosine, y)));
  });
}

/** The same of rows. */
function turnRows(f: FunctionBuilder, m: Matrix64, { cosine, sine }: Turn, p: Expr<'i32'>, q: Expr<'i32'>): void {
  each(f, 0, m.columns, (j) => {
    const [x, y] = [f.let(get(m, p, j)), f.let(get(m, q, j))];
    put(f, m, p, j, f64.sub(f64.mul(cosine, x), f64.mul(sine, y)));
    put(f, m, q, j, f64.add(f64.mul(sine, x), f64.mul(cosine, y)));
  });
}

/** JᵀAJ: makes element (p, q) 0. */
function turnSymmetric(
  f: FunctionBuilder,
  a: Matrix64,
  vectors: Matrix64,
  p: Local<'i32'>,
  q: Local<'i32'>,
): Expr<'i32'> {
  const off = f.let(get(a, p, q));
  // beside the diagonal, it is less than float64 can tell
  const size = f64.add(f64.abs(get(a, p, p)), f64.abs(get(a, q, q)));
  const isLarge = f.let(f64.gt(f64.abs(off), f64.max(f64.mul(size, 2 ** -54), 1e-300)));
  f.if(isLarge, () => {
    const angle = turnFor(f, get(a, p, p), get(a, q, q), off);
    turn(f, a, angle, p, q);
    turnRows(f, a, angle, p, q);
    turn(f, vectors, angle, p, q);
    put(f, a, p, q, 0);
    put(f, a, q, p, 0);
  });
  return isLarge;
}

/** Makes columns p and q orthogonal. */
function turnColumns(
  f: FunctionBuilder,
  a: Matrix64,
  vectors: Matrix64,
  p: Local<'i32'>,
  q: Local<'i32'>,
): Expr<'i32'> {
  const product = (x: Expr<'i32'>, y: Expr<'i32'>): Local<'f64'> =>
    sumOf(f, 0, a.rows, (i) => f64.mul(get(a, i, x), get(a, i, y)));
  const [pp, qq, pq] = [product(p, p), product(q, q), product(p, q)];
  const size = f64.mul(f64.sqrt(pp), f64.sqrt(qq));
  const isLarge = f.let(f64.gt(f64.abs(pq), f64.max(f64.mul(size, 2 ** -52), 1e-300)));
  f.if(isLarge, () => {
    const angle = turnFor(f, pp, qq, pq);
    turn(f, a, angle, p, q);
    turn(f, vectors, angle, p, q);
  });
  return isLarge;
}

/** Exchanges values, and vectors with them, until they rise (or fall): the next of them is found, and put in its place. */
function order(f: FunctionBuilder, values: Matrix64, vectors: Matrix64, isRising: boolean): void {
  const n = values.rows;
  each(f, 0, n, (k) => {
    const best = f.let<'i32'>(k);
    each(f, i32.add(k, 1), n, (i) => {
      const [a, b] = [get(values, i, 0), get(values, best, 0)];
      f.set(best, select(i, best, isRising ? f64.lt(a, b) : f64.gt(a, b)));
    });
    const kept = f.let(get(values, k, 0));
    put(f, values, k, 0, get(values, best, 0));
    put(f, values, best, 0, kept);
    each(f, 0, n, (i) => {
      const element = f.let(get(vectors, i, k));
      put(f, vectors, i, k, get(vectors, i, best));
      put(f, vectors, i, best, element);
    });
  });
}

/** 1 or −1: what makes the first of a column's largest elements positive. */
function signOf(f: FunctionBuilder, vectors: Matrix64, column: Expr<'i32'>): Expr<'f64'> {
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
