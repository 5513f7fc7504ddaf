// Eigenvalues and eigenvectors of symmetric matrices, and the singular value decomposition of any. The gradients of vectors divide
// by differences of values: they are for matrices whose values differ (M. Giles, 2008).

import { eigen, singular } from '@treadle/kernels';
import type { Node } from '../node.ts';
import { add, div, mul, sub } from './arithmetic.ts';
import { symmetricPart } from './cholesky.ts';
import { equal, greater, logicalAnd, logicalNot, logicalOr, notEqual, where } from './comparison.ts';
import { arange } from './index-lanes.ts';
import { matmul } from './matmul.ts';
import { matrixNode, only, squareStackOf, stackOf, transposed } from './matrices.ts';
import { expandDims, reshape, slice } from './moves.ts';

/** [count, n, 1] of symmetric a [count, n, n], rising. */
function eigenvalues(a: Node): Node {
  const [count = 1, n = 1] = a.shape;
  return matrixNode({
    name: 'eigenvalues',
    inputs: [a],
    shape: [count, n, 1],
    kernel: (sources, store, name) => eigen({ name, a: only(sources), result: 'values', store }),
    // da = V·diag(dw)·Vᵀ
    gradient: (dw) => {
      const v = eigenvectors(a);
      return [matmul(mul(v, transposed(dw)), v, { transposeB: true })];
    },
  });
}

/** [count, n, n] of symmetric a, as columns in the order of the eigenvalues. */
function eigenvectors(a: Node): Node {
  return matrixNode({
    name: 'eigenvectors',
    inputs: [a],
    shape: a.shape,
    kernel: (sources, store, name) => eigen({ name, a: only(sources), result: 'vectors', store }),
    gradient: (dv, v) => [turnedBy(v, dv, eigenvalues(a))],
  });
}

/** V·(F ∘ Vᵀ·dV)·Vᵀ, Fᵢⱼ = 1 / (wⱼ − wᵢ) and 0 on the diagonal: what a change of the vectors asks of the matrix. */
function turnedBy(v: Node, dv: Node, w: Node): Node {
  const asked = matmul(v, dv, { transposeA: true });
  const inner = overGaps(asked, sub(transposed(w), w), [asked]);
  return matmul(matmul(v, inner), v, { transposeB: true });
}

/** Of square matrices: where they have their diagonal. */
function isDiagonal(x: Node): Node {
  const places = arange(x.shape.at(-1) ?? 1);
  return equal(expandDims(places, 1), places);
}

/**
 * x / gaps off the diagonal; 0 where nothing is asked of vectors i and j, neither by [i, j] nor by [j, i]. So vectors of equal
 * values, which are no function of the matrix, make a gradient NaN or infinite only if it depends on them.
 */
function overGaps(x: Node, gaps: Node, asked: readonly Node[]): Node {
  const isAnywhere = asked.map((part) => notEqual(part, 0)).reduce((a, b) => logicalOr(a, b));
  return overWhere(logicalAnd(logicalOr(isAnywhere, transposed(isAnywhere)), logicalNot(isDiagonal(x))), x, gaps);
}

/** x / y where the condition holds, else 0; y has no part in it elsewhere, nor in its gradient. */
function overWhere(condition: Node, x: Node, y: Node): Node {
  return where(condition, div(x, where(condition, y, 1)), 0);
}

/**
 * The eigenvalues [..., n], rising, and as columns of [..., n, n] the eigenvectors of a [..., n, n], of which the symmetric part
 * counts. A vector's largest element is positive.
 */
export function eigh(a: Node): [values: Node, vectors: Node] {
  const { matrices, outer, n, back } = squareStackOf('eigh', a);
  const symmetric = symmetricPart(matrices);
  return [reshape(eigenvalues(symmetric), [...outer, n]), back(eigenvectors(symmetric))];
}

interface Parts {
  /** [count, m, n] */
  readonly u: Node;
  /** [count, n, n], as columns */
  readonly v: Node;
  /** [count, 1, n], falling */
  readonly s: Node;
}

/** The parts of [count, m + n + 1, n], one below the other. */
function partsOf(x: Node, m: number): Parts {
  const [count = 1, rows = 0, n = 0] = x.shape;
  const part = (from: number, to: number): Node => slice(x, [0, from, 0], [count, to, n]);
  return { u: part(0, m), v: part(m, rows - 1), s: part(rows - 1, rows) };
}

/** The parts of a = U·diag(s)·Vᵀ in one: a [count, m, n], m ≥ n → [count, m + n + 1, n] */
function decompose(a: Node): Node {
  const [count = 1, m = 0, n = 0] = a.shape;
  return matrixNode({
    name: 'singular',
    inputs: [a],
    shape: [count, m + n + 1, n],
    kernel: (sources, store, name) => singular({ name, a: only(sources), store }),
    gradient: (dy, y) => [changeOf(partsOf(dy, m), partsOf(y, m))],
  });
}

/**
 * da = U·(F ∘ (P − Pᵀ)·S + S·F ∘ (Q − Qᵀ) + diag(ds))·Vᵀ + (dU − U·P)·S⁻¹·Vᵀ with P = Uᵀ·dU, Q = Vᵀ·dV and
 * Fᵢⱼ = 1 / (sⱼ² − sᵢ²) (J. Townsend, 2016). The squares could be too small or too large for float32: F·S is
 * sⱼ / (sᵢ + sⱼ) over sⱼ − sᵢ.
 */
function changeOf(d: Parts, { u, v, s }: Parts): Node {
  const [m = 0, n = 0] = u.shape.slice(1);
  const [p, q] = [matmul(u, d.u, { transposeA: true }), matmul(v, d.v, { transposeA: true })];
  const rows = transposed(s);
  const sums = add(s, rows);
  const shareOf = (part: Node): Node => overWhere(greater(sums, 0), part, sums);
  const turned = add(mul(sub(p, transposed(p)), shareOf(s)), mul(sub(q, transposed(q)), shareOf(rows)));
  const within = matmul(u, where(isDiagonal(v), d.s, overGaps(turned, sub(s, rows), [p, q])));
  if (m === n) return matmul(within, v, { transposeB: true });
  const beside = sub(d.u, matmul(u, p)); // in no direction that u spans
  const isAsked = logicalOr(greater(s, 0), notEqual(beside, 0));
  return matmul(add(within, overWhere(isAsked, beside, s)), v, { transposeB: true });
}

/**
 * u [..., m, k], s [..., k], falling, and vh [..., k, n] of a = u·diag(s)·vh, k the smaller of m and n; a [..., m, n]. The columns of
 * u and the rows of vh are orthonormal, also where s is 0.
 */
export function svd(a: Node): [u: Node, s: Node, vh: Node] {
  const { matrices, outer, m, n, back } = stackOf('svd', a);
  const isTall = m >= n;
  const { u, v, s } = partsOf(decompose(isTall ? matrices : transposed(matrices)), Math.max(m, n));
  const sizes = reshape(s, [...outer, Math.min(m, n)]);
  // aᵀ = u·s·vᵀ is a = v·s·uᵀ
  return isTall ? [back(u), sizes, back(transposed(v))] : [back(v), sizes, back(transposed(u))];
}
